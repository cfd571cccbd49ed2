/** TypeScript takes the installed package as it is: strict, with declarations checked, in every way of resolving modules. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'

import { install } from './installed.ts'

const MODULES = join(import.meta.dirname, '../../node_modules')

/** Optional peers, and what their types need. */
const PEERS = ['express-session', '@types/express-session', '@types/node', 'hono', 'unstorage']

const installed = await install()
after(() => installed.remove())
const { directory } = installed
cpSync(join(import.meta.dirname, 'types'), directory, { recursive: true })
for (const name of PEERS) {
  mkdirSync(dirname(join(directory, 'node_modules', name)), { recursive: true })
  symlinkSync(join(MODULES, name), join(directory, 'node_modules', name))
}
writeFileSync(join(directory, 'package.json'), '{ "private": true, "type": "module" }\n')

const resolutions = {
  nodenext: { module: 'nodenext' },
  node20: { module: 'node20' },
  bundler: { module: 'preserve', moduleResolution: 'bundler' },
}

describe('TypeScript compiles against the installed package', () => {
  for (const [name, options] of Object.entries(resolutions)) {
    it(`with ${name}, and neither frameworks nor @types/node`, async () => {
      assert.equal(await said('consumer.ts', { ...options, types: [] }), '')
    })
    it(`with ${name}, and frameworks`, async () => {
      // What is wrong in a framework's own declarations is not ours to tell.
      const ours = (await said('frameworks.ts', { ...options, types: ['node'] })).split('\n').filter((line) => /^(frameworks|node_modules\/sealed-session)/u.test(line))
      assert.deepEqual(ours, [])
    })
  }

  it('and notices what is wrong', async () => {
    writeFileSync(join(directory, 'wrong.ts'), "import { generateKeys } from 'sealed-session';\nexport const keys: number = generateKeys();\n")
    assert.match(await said('wrong.ts', { ...resolutions.nodenext, types: [] }), /^wrong\.ts\(2,14\): error TS2322/u)
  })
})

/** What the compiler says; nothing where all is well. */
async function said(file: string, options: object): Promise<string> {
  const compilerOptions = {
    ...options,
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const config = `tsconfig.${Object.values(options).flat().join('.')}.${file}.json`
  writeFileSync(join(directory, config), JSON.stringify({ compilerOptions, files: [file] }))
  const { promise, resolve } = Promise.withResolvers<string>()
  execFile(join(MODULES, '.bin/tsc'), ['-p', config, '--pretty', 'false'], { cwd: directory }, (_, stdout) => resolve(stdout))
  return promise
}
