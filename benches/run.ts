/** Everything that is measured, as README.md tells: node benches/run.ts <build> <native kernel> <wasm kernel> <the same without SIMD> */

import { execFileSync } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'

import { measureCosts } from './costs/bench.ts'
import { measureDatabunker } from './databunker/bench.ts'
import { measureKernel } from './kernel/bench.ts'
import { countOperations } from './kv-operations/bench.ts'
import { measurePackage } from './package/bench.ts'
import { measureExpress } from './package/express.ts'
import { measureSize } from './size/bench.ts'
import { WORKERD } from './support/workerd.ts'
import { measureWorkers } from './worker/bench.ts'
import { measureDurable } from './worker/durable.ts'

const [build = '', native = '', simd = '', scalar = ''] = process.argv.slice(2)
/** `make bench ONLY=workers,size` */
const only = process.env['ONLY']?.split(',').filter((name) => name !== '') ?? []
/** Of two seconds each; two thirds of the time that all takes is theirs. */
const rounds = Number(process.env['ROUNDS'] ?? 5)

const chapters: [name: string, title: string, measure: () => Promise<string>][] = [
  ['workers', 'The Worker', () => measureWorkers(build, { rounds })],
  ['durable', 'The Worker over Durable Objects', () => measureDurable(build, { rounds })],
  ['databunker', 'Databunker’s calls', () => measureDatabunker(build, { rounds })],
  ['kernel', 'The kernel', () => measureKernel(native, simd, scalar)],
  ['package', 'The package', () => measurePackage()],
  ['express', 'The package under express', () => measureExpress({ rounds })],
  ['kv', 'KV operations', () => countOperations(build)],
  ['costs', 'What calls cost', () => measureCosts(build)],
  ['size', 'Size and start-up', () => measureSize(build)],
]
const unknown = only.filter((name) => !chapters.some(([known]) => known === name))
if (unknown.length > 0) throw new Error(`ONLY=${unknown.join()}: there are ${chapters.map(([name]) => name).join(', ')}`)

const version = (program: string): string => execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0]?.trim() ?? ''
const versions = `${version('rustc')}; Node.js ${process.version}; ${version(WORKERD)}`
const load = (): string => (loadavg()[0] ?? 0).toFixed(1)
const loadBefore = load()
const told: string[] = []
for (const [name, title, measure] of chapters) {
  if (only.length > 0 && !only.includes(name)) continue
  told.push(`## ${title}\n\n${await measure()}\n`)
}

console.log(`
${told.join('\n')}
${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, ${process.arch}, ${process.platform}; load before ${loadBefore}, after ${load()}
${versions}`)
