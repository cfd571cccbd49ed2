/** What comes along with the entries for express and fastify. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { build } from 'esbuild'

const cases = [
  // Who uses @fastify/session has no express-session.
  { entry: 'sealed-session/fastify', packages: [] },
  { entry: 'sealed-session/express', packages: ['express-session'] },
]

describe('an import of', () => {
  for (const { entry, packages } of cases) {
    it(`${entry} loads ${packages.join(', ') || 'no package'}, and the kernel without the rules`, async () => {
      const { metafile } = await build({
        stdin: { contents: `export * from '${entry}'`, resolveDir: import.meta.dirname },
        bundle: true,
        format: 'esm',
        platform: 'node',
        external: ['express-session'],
        metafile: true,
        write: false,
      })
      const [output] = Object.values(metafile.outputs)
      const loaded = output?.imports.map(({ path }) => path).filter((path) => !path.startsWith('node:')) ?? []
      assert.deepEqual(loaded, packages)
      const inputs = Object.keys(metafile.inputs)
      assert.ok(inputs.some((file) => file.endsWith('wasm/seal.inline.js')))
      assert.deepEqual(inputs.filter((file) => file.includes('rules')), [])
    })
  }
})
