/** No secret stays in linear memory: not after a thousand operations, wherever they left it. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { Writer } from '../../pkg/src/rules/wire.ts'
import * as command from '../../pkg/src/rules/command.ts'
import { input, readStep } from '../../pkg/src/rules/step.ts'
import { memoryStore } from '../../pkg/src/stores/memory.ts'

type Glue = typeof import('../../pkg/wasm/rules.js')

const root = fileURLToPath(new URL('../..', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'sealed-session-wiping-'))
after(() => rmSync(directory, { recursive: true }))

describe('linear memory', () => {
  it('holds nothing of keys, IDs, users and payloads afterwards', async () => {
    assert.deepEqual(await leftovers(join(root, 'pkg/wasm')), [])
  })

  it('would, if nothing were wiped: the scan finds what there is', async () => {
    execFileSync(join(root, 'scripts/build-package.sh'), ['unwiped', directory], { stdio: 'pipe' })
    const found = await leftovers(directory)
    for (const secret of ['payload', 'user']) assert.ok(found.includes(secret), `${secret} is not among ${found.join(', ')}`)
  })
})

/** The names of the secrets that are found in memory after many operations with them. */
async function leftovers(built: string): Promise<string[]> {
  const glue = (await import(pathToFileURL(join(built, 'rules.js')).href)) as Glue
  const { memory } = glue.initSync({ module: readFileSync(join(built, 'rules.wasm')) })
  const keys = Buffer.from(glue.generateKeys()).toString()
  const secrets = new Map([['key', Buffer.from(keys.slice(-43), 'base64url')], ['text of a key', Buffer.from(keys.slice(-43))]])

  const holds = (secret: Buffer): boolean => Buffer.from(memory.buffer).includes(secret)

  const store = memoryStore()
  const settings = new Writer().u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).finish()
  const rules = new glue.KernelRules(Buffer.from(keys), 'default', settings)
  const run = async (command: Writer) => {
    let { operation, step } = readStep(rules.start(command.finish(), Date.now()))
    while (step.type !== 'done') {
      let answer: Uint8Array
      if (step.type === 'get') answer = input.values(await store.get(step.keys, { signal: undefined }))
      else if (step.type === 'apply') answer = input[await store.apply(step.batch, { signal: undefined })]()
      else throw new Error(`not foreseen: ${step.type}`)
      ;({ operation, step } = readStep(rules.resume(operation, answer, Date.now())))
    }
    return step.outcome
  }
  const scope = new glue.KernelScope(Buffer.from(keys), 'default', 'app/test')
  const sealer = new glue.KernelSessionSealer(Buffer.from(keys), 'default')

  for (let i = 0; i < ROUNDS; i += 1) {
    const size = [40, 300, 5000, 40_000][i % 4] as number
    const payload = `planted payload ${i} ${'p'.repeat(size)}`
    const user = `planted user ${i} who has a long name`
    const created = await run(command.create({ data: { payload }, user, id: undefined }))
    if (!('type' in created) || created.type !== 'created' || created.id === undefined) throw new Error('not created')
    const { id } = created
    await run(command.read(id, true))
    await run(command.patch(id, { more: `patched ${payload}` }, {}))
    const pending = readStep(rules.start(command.read(id, true).finish(), Date.now())).operation
    if (i === 0) assert.ok(holds(Buffer.from(id, 'base64url')), 'the scan sees what an operation on its way holds')
    rules.abandon(pending)
    await run(command.regenerate(id, { grace: 0 }))
    await run(command.end(id))
    const envelope = scope.seal(Buffer.from(user), Buffer.from(payload), 4_000_000_000)
    scope.open(Buffer.from(user), envelope, 1)
    const text = sealer.seal(Buffer.from(id), Buffer.from(payload), 4_000_000_000)
    sealer.open(Buffer.from(id), text, 1)
    if (i % 50 !== ROUNDS % 50) continue
    secrets.set('session ID', Buffer.from(id, 'base64url')).set('text of a session ID', Buffer.from(id))
    secrets.set('payload', Buffer.from('planted payload')).set('user', Buffer.from('planted user'))
  }
  // What is alive is not what is left.
  scope.free()
  sealer.free()
  rules.free()
  return [...secrets].filter(([, secret]) => holds(secret)).map(([name]) => name)
}

/** Five commands each, and four envelopes. */
const ROUNDS = 200
