// The Worker exports nothing that it does not mean to: a Worker that is bound to ours can call whatever is on our entry
// point's prototype, past the API and its tokens.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

/** What the toolchain and the `worker` crate put there: glue that no binding reaches. */
const GLUE = [/^__/u, /^memory$/u, /^init$/u, /^intounderlying(bytesource|sink|source)_/u, /^wasm_bindgen__convert__/u]

test('the wasm module exports its fetch handler, what its Durable Object asks, and glue', async () => {
  const module = new WebAssembly.Module(await readFile(new URL('../../build/index_bg.wasm', import.meta.url)))
  const names = WebAssembly.Module.exports(module).map(({ name }) => name)
  const own = names.filter((name) => !GLUE.some((pattern) => pattern.test(name)))
  assert.deepEqual(own.toSorted(), ['fetch', 'shard_ask', 'shard_change', 'shard_new', 'shard_sweep', 'shard_sweepEvery'])
})

test('the script exports its entry and its Durable Object, and nothing else', async () => {
  const script = await readFile(new URL('../../build/index.js', import.meta.url), 'utf8')
  const lists = [...script.matchAll(/export\s*\{([^}]*)\}/gu)].flatMap(([, list = '']) => list.split(','))
  const names = lists.map((item) => String(item.trim().split(' as ').at(-1)))
  assert.deepEqual(names.toSorted(), ['SessionShard', 'default'])
  assert.equal(script.match(/\bexport\b/gu)?.length, 1)
})

test('a bound Worker can call fetch and nothing else', async () => {
  const script = await readFile(new URL('../../build/index.js', import.meta.url), 'utf8')
  const handlers = [...script.matchAll(/\.prototype\.(\w+)\s*=\s*function/gu)].map(([, name]) => name)
  assert.deepEqual(handlers, ['fetch'])
})

test('nothing of the machine that built it is in the module', async () => {
  const module = await readFile(new URL('../../build/index_bg.wasm', import.meta.url), 'latin1')
  assert.deepEqual(module.match(/(\/home|\/root|\/Users)\/[\w./-]+/gu) ?? [], [])
})
