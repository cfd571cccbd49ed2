/** What is in the tarball, and what tools say of it. */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { transform } from 'esbuild'

import { addConformance, install } from './installed.ts'
import { nodes } from './nodes.ts'
import { run } from './run.ts'
import { bundled } from './shaken.ts'

const BIN = join(import.meta.dirname, '../../node_modules/.bin')
/** The command line may wait where it likes: nobody imports it. */
const PROGRAM = 'dist/cli/main.js'
const NEEDS_PEERS = ['sealed-session/express', 'sealed-session/react-router']
/** Names that minifying keeps, out of the session rules. */
const RULES = ['kernelrules_start', 'notAfter']

const installed = await install()
after(() => installed.remove())
await addConformance(installed)
const { directory, files, tarball } = installed
const contents = (file: string): string => readFileSync(join(directory, 'node_modules/sealed-session', file), 'utf8')
const { exports } = JSON.parse(contents('package.json')) as { exports: Record<string, string> }
const entries = Object.keys(exports).map((entry) => entry.replace('.', 'sealed-session'))
const code = entries.filter((entry) => !/\.(wasm|json)$/u.test(entry))

describe('the tarball', () => {
  it('has the files of files.txt (UPDATE=1 writes it anew)', () => {
    const list = new URL('files.txt', import.meta.url)
    if (process.env['UPDATE'] === '1') writeFileSync(list, `${files.join('\n')}\n`)
    assert.deepEqual(files, readFileSync(list, 'utf8').trimEnd().split('\n'))
  })

  it('has no sources, tests, source maps or hidden files', () => {
    const odd = files.filter((file) => /(?<!\.d)\.ts$|\.test\.|\.map$|(^|\/)\./u.test(file))
    assert.deepEqual(odd, [])
    for (const file of files.filter((file) => /\.(js|d\.ts)$/u.test(file))) assert.ok(!contents(file).includes('sourceMappingURL'), file)
  })

  it('has what is exported, with types', () => {
    for (const [entry, file] of Object.entries(exports)) {
      assert.ok(files.includes(file.slice(2)), entry)
      if (file.endsWith('.js')) assert.ok(files.includes(file.slice(2).replace(/\.js$/u, '.d.ts')), `${entry}: types`)
    }
  })

  it('awaits nothing at the top of a module', async () => {
    // CommonJS has no top-level await, and esbuild says so.
    for (const file of files.filter((file) => file.endsWith('.js') && file !== PROGRAM)) await transform(contents(file), { format: 'cjs', sourcefile: file })
  })

  it('depends on nothing', () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(contents('package.json')) as Record<string, object | undefined>
    assert.equal(dependencies, undefined)
    assert.deepEqual(Object.keys(peerDependencies ?? {}), Object.keys(peerDependenciesMeta ?? {}))
  })
})

describe('what tools say of it', () => {
  it('publint: nothing', async () => {
    await run(join(BIN, 'publint'), [tarball, '--strict'], { cwd: directory })
  })

  it('Are the types wrong? No', async () => {
    const wasm = Object.keys(exports).filter((entry) => entry.endsWith('.wasm'))
    await run(join(BIN, 'attw'), [tarball, '--profile', 'esm-only', '--exclude-entrypoints', ...wasm], { cwd: directory })
  })
})

describe('loading it', () => {
  // Whatever has peers of its own is asked for by people who have those.
  const alone = code.filter((entry) => !NEEDS_PEERS.includes(entry))
  for (const { version, program } of nodes()) {
    it(`wants no randomness in Node.js ${version}`, async () => {
      assert.equal(await run(program, ['nothing-random.mjs', ...alone], { cwd: directory }), 'loaded, and then no_randomness\n')
    })
  }
})

describe('a bundle', () => {
  for (const bundler of ['esbuild', 'webpack'] as const) {
    it(`by ${bundler}: has nothing of an entry that it does not use`, async () => {
      for (const entry of code.filter((entry) => !NEEDS_PEERS.includes(entry))) {
        const text = await bundled(bundler, directory, `import * as unused from '${entry}'`)
        assert.ok(text.length < 100, `${entry}: ${text.length} bytes`)
      }
    })

    it(`by ${bundler}: of the cookie alone has no session rules`, async () => {
      const text = await bundled(bundler, directory, "import { sealedCookie } from 'sealed-session/cookie'\nconsole.log(sealedCookie)")
      assert.ok(text.includes('KernelScope') || text.length > 50_000, 'the kernel is missing')
      for (const trace of RULES) assert.ok(!text.includes(trace), trace)
      const whole = await bundled(bundler, directory, "import { sessions } from 'sealed-session'\nconsole.log(sessions)")
      for (const trace of RULES) assert.ok(whole.includes(trace), `${trace} would go unnoticed`)
    })
  }
})
