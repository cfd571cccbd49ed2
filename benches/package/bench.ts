/** Seal and open of a session by the package and by what else one would take, in Node and in workerd: node benches/package/bench.ts */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'

import { digits, median, table } from '../support/numbers.ts'
import { Workerd } from '../support/workerd.ts'
import { CONTENDERS, run, session } from './contenders.ts'

const SIZES = [256, 1024, 4096, 65_536]
const AT_ONCE = [1, 64]
const ROUNDS = 9
/** Of each cell in each round. */
const ROUND_MS = 40
const OURS = 'sealed-session'

/** Runs `count` seals and opens. */
type Runner = (name: string, bytes: number, count: number, atOnce: number) => Promise<void>
/** Microseconds of one seal and open: by the clock, and of the processor. */
interface Cell {
  wall: number[]
  cpu: number[]
}

export async function measurePackage(): Promise<string> {
  const told = [await chapter(`Node.js ${process.versions.node}`, await inNode(), nodeCpu)]
  const workerd = await startWorkerd()
  try {
    const runner: Runner = async (name, ...numbers) => {
      const response = await fetch(`${workerd.url('contenders')}/${[name, ...numbers].map(encodeURIComponent).join('/')}`)
      if (!response.ok) throw new Error(`${name} in workerd: ${response.status} ${await response.text()}`)
      await response.text()
    }
    // Its processor time is told in hundredths of a second: of no use for rounds that are not much longer.
    told.push(await chapter('workerd', runner))
  } finally {
    await workerd.stop()
  }
  return told.join('\n\n')
}

async function chapter(where: string, runner: Runner, cpu?: () => number): Promise<string> {
  const names = await usable(runner)
  const counts = new Map<string, number>()
  const cells = new Map<string, Cell>()
  // The first round warms up and finds out how many fit into a round.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const bytes of SIZES) {
      for (const atOnce of AT_ONCE) {
        for (const name of round % 2 === 0 ? names : names.toReversed()) {
          const key = `${name} ${bytes} ${atOnce}`
          let count = counts.get(key)
          if (count === undefined) {
            count = await fitting((count) => runner(name, bytes, count, atOnce), atOnce)
            counts.set(key, count)
            cells.set(key, { wall: [], cpu: [] })
          }
          const [began, cpuBegan] = [performance.now(), cpu?.() ?? 0]
          await runner(name, bytes, count, atOnce)
          if (round === 0) continue
          cells.get(key)?.wall.push(((performance.now() - began) * 1000) / count)
          if (cpu !== undefined) cells.get(key)?.cpu.push((cpu() - cpuBegan) / count)
        }
      }
    }
  }
  const cell = (name: string, bytes: number, atOnce: number, kind: keyof Cell): number =>
    median(cells.get(`${name} ${bytes} ${atOnce}`)?.[kind] ?? [])
  const heading = ['', ...SIZES.flatMap((size) => [sized(size), 'ours'])]
  const tables = AT_ONCE.flatMap((atOnce) =>
    (cpu === undefined ? (['wall'] as const) : (['wall', 'cpu'] as const)).map((kind) => {
      const rows = names.map((name) => [
        name,
        ...SIZES.flatMap((size) => {
          const mine = cell(name, size, atOnce, kind)
          return [digits(mine), name === OURS ? '' : `${digits(mine / cell(OURS, size, atOnce, kind))}×`]
        }),
      ])
      const title = `${atOnce === 1 ? 'One at a time' : `${atOnce} in flight`}, ${kind === 'wall' ? 'by the clock' : 'processor time'}`
      return `${title}\n\n${table(heading, rows)}`
    }),
  )
  return [`**${where}**: microseconds of one seal and open, medians of ${ROUNDS} rounds; “ours” is how many times as long as ours`, ...tables].join('\n\n')
}

/** Those that this runtime can run. */
async function usable(runner: Runner): Promise<string[]> {
  const names: string[] = []
  for (const name of Object.keys(CONTENDERS)) {
    try {
      await runner(name, 256, 1, 1)
      names.push(name)
    } catch (error) {
      process.stderr.write(`${name} is left out: ${String(error)}\n`)
    }
  }
  return names
}

/** How many take as long as a round shall. */
async function fitting(run: (count: number) => Promise<void>, atOnce: number): Promise<number> {
  for (let count = atOnce; ; count *= 2) {
    const began = performance.now()
    await run(count)
    const took = performance.now() - began
    if (took > ROUND_MS / 4) return Math.max(atOnce, Math.round((count * ROUND_MS) / took / atOnce) * atOnce)
  }
}

async function inNode(): Promise<Runner> {
  const ready = new Map(await Promise.all(Object.entries(CONTENDERS).map(async ([name, make]) => [name, await make()] as const)))
  return async (name, bytes, count, atOnce) => {
    const contender = ready.get(name)
    if (contender === undefined) throw new Error(name)
    await run(contender, session(bytes), count, atOnce)
  }
}

function nodeCpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function startWorkerd(): Promise<Workerd> {
  const outdir = mkdtempSync(join(tmpdir(), 'sealed-session-bench-package-'))
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }))
  await build({
    entryPoints: { index: fileURLToPath(new URL('worker.ts', import.meta.url)) },
    outdir,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker'],
    external: ['node:*', '@hapi/iron', 'keygrip'],
    inject: [fileURLToPath(new URL('buffer.ts', import.meta.url))],
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    logLevel: 'warning',
  })
  return Workerd.start({ contenders: { code: outdir, flags: ['nodejs_compat'] } })
}

const sized = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`)

if (import.meta.main) console.log(await measurePackage())
