/** The installed package in every runtime that it names: each opens every vector and runs every rule. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { type Bundler, forEdgeLight, withEsbuild, withViteForBrowsers, withViteForServers, withWebpack, withWrangler } from './bundles.ts'
import { chromiumHere, launch, site, titleOf } from './browser.ts'
import { inEdgeLight } from './edge-light.ts'
import { addConformance, install } from './installed.ts'
import { nodes } from './nodes.ts'
import { run } from './run.ts'
import { inWorkerd } from './workerd.ts'

const BIN = join(import.meta.dirname, '../../node_modules/.bin')

const installed = await install()
after(() => installed.remove())
await addConformance(installed)
const { directory } = installed

/** Every runtime must have done the same: as many checks as this Node. */
const expected = (await run(process.execPath, ['run.mjs'], { cwd: directory })).trim()
assert.match(expected, /^conformance: \d{4,} checks passed$/u)
const conforms = (printed: string): void => assert.equal(printed.trim(), expected)

describe('the installed package conforms', () => {
  for (const { version, program } of nodes()) {
    it(`in Node.js ${version}, imported`, async () => conforms(await run(program, ['run.mjs'], { cwd: directory })))
    it(`in Node.js ${version}, required by CommonJS`, async () => conforms(await run(program, ['run.cjs'], { cwd: directory })))
  }

  it('in Bun', async () => conforms(await run(join(BIN, 'bun'), ['run.mjs'], { cwd: directory })))

  it('in Deno, which grants it nothing', async () => conforms(await run(join(BIN, 'deno'), ['run', '--no-prompt', '--cached-only', 'run.mjs'], { cwd: directory })))

  it('in workerd, as wrangler bundles it', async () => {
    const bundle = await withWrangler(directory, 'workerd.mjs', 'wrangler')
    assert.equal(readdirSync(bundle).filter((file) => file.endsWith('.wasm')).length, 2)
    conforms(await inWorkerd(bundle, 'workerd.js'))
  })

  it('in workerd, where a bundler knows no conditions', async () => {
    conforms(await inWorkerd(await withEsbuild(directory, 'workerd.mjs', 'workerd-inline'), 'workerd.js'))
  })

  it('in the edge runtime of the package edge-runtime, compiling nothing', async () => {
    conforms(await inEdgeLight(await forEdgeLight(directory, 'edge-light.mjs', 'edge-light'), 'edge-light.js'))
  })
})

describe('bundles of it conform in Node.js', () => {
  const bundlers: Record<string, Bundler> = { esbuild: withEsbuild, 'Vite, for servers': withViteForServers, webpack: withWebpack('node') }
  for (const [name, bundler] of Object.entries(bundlers)) {
    it(name, async () => {
      const bundle = await bundler(directory, 'run.mjs', `node-${name.replaceAll(/\W+/gu, '-').toLowerCase()}`)
      const file = readdirSync(bundle).find((file) => /^run\.m?js$/u.test(file)) ?? assert.fail('no bundle')
      conforms(await run(process.execPath, [file], { cwd: bundle }))
    })
  }
})

const program = chromiumHere()
if (program === undefined) console.log('\n  THERE IS NO CHROMIUM HERE: nothing is tested in a browser (scripts/setup.sh says how to get one)\n')

describe('pages of it conform in Chromium, under a policy without unsafe-eval', { skip: program === undefined && 'no Chromium' }, async () => {
  if (program === undefined) return
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
  const browser = await launch(program)
  after(() => browser.close())
  const page = readFileSync(join(directory, 'index.html'), 'utf8')
  const titleUnder = async (policy: string, bundle: string): Promise<string> => {
    const { url, stop } = await site(bundle, policy)
    try {
      return await titleOf(browser, `${url}/index.html`)
    } finally {
      stop()
    }
  }

  const bundlers: Record<string, Bundler> = { esbuild: withEsbuild, webpack: withWebpack('web') }
  for (const [name, bundler] of Object.entries(bundlers)) {
    it(name, async () => {
      const bundle = await bundler(directory, 'page.mjs', `page-${name}`)
      writeFileSync(join(bundle, 'index.html'), page.replace('page.mjs', 'page.js'))
      conforms(await titleUnder(policy, bundle))
    })
  }

  it('Vite', async () => {
    const bundle = await withViteForBrowsers(directory, 'index.html', 'page-vite')
    conforms(await titleUnder(policy, bundle))
    assert.match(await titleUnder(policy.replace(" 'wasm-unsafe-eval'", ''), bundle), /Content Security Policy/u)
  })
})
