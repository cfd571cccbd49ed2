/** What a bundle carries of the package: no more than the budget, and nothing that it does not use. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

import { build } from 'esbuild'

/** The budget in bytes, by what is imported. */
const budgets = JSON.parse(readFileSync(new URL('budget.json', import.meta.url), 'utf8')) as Record<string, { raw: number; gzipped: number }>

describe('a bundle for where WebAssembly comes inline', () => {
  for (const [imports, { raw, gzipped }] of Object.entries(budgets)) {
    it(`${imports}: at most ${raw} bytes, ${gzipped} gzipped`, async () => {
      const bundle = await bundled(imports)
      const zipped = gzipSync(bundle, { level: 9 }).length
      assert.ok(bundle.length <= raw && zipped <= gzipped, `${bundle.length} bytes, ${zipped} gzipped`)
      // A budget that nobody is near to says nothing.
      assert.ok(bundle.length > raw * 0.9, `${bundle.length} bytes: lower the budget`)
    })
  }

  it('has no session rules where nobody asks for them', async () => {
    const text = Buffer.from(await bundled("import { sealedCookie } from 'sealed-session/cookie'")).toString()
    for (const trace of ['KernelRules', 'notAfter']) assert.ok(!text.includes(trace), trace)
  })
})

async function bundled(imports: string): Promise<Uint8Array> {
  const names = /\{ (.*) \}/u.exec(imports)?.[1] ?? ''
  const { outputFiles } = await build({
    stdin: { contents: `${imports}\nconsole.log(${names})`, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', 'express-session', 'hono', 'hono/*', 'react-router', 'unstorage'],
    write: false,
    logLevel: 'warning',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}
