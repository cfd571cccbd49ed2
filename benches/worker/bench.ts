/** Requests per second and latencies of our Worker and of its peers: node benches/worker/bench.ts <build> */

import { type Load, loader } from '../support/load.ts'
import { digits, median, table } from '../support/numbers.ts'
import { Workerd } from '../support/workerd.ts'
import { CASES, type Case, DATA, services } from './contenders.ts'

/** One case at one number of connections: what each round measured. */
interface Series {
  of: Case
  connections: number
  rounds: (Load & { cpu: number })[]
}

export async function measureWorkers(build: string, { rounds = 5, seconds = 2, connections = [1, 16] } = {}): Promise<string> {
  const { name, load } = await loader()
  await using workerd = await Workerd.start(services(build))
  const all = CASES.flatMap((of) => connections.map((count): Series => ({ of, connections: count, rounds: [] })))

  // The first round warms everything up and is not counted. Then back and forth, so that nobody always comes first.
  for (let round = 0; round <= rounds; round += 1) {
    for (const series of round % 2 === 0 ? all : all.toReversed()) {
      const requests = await series.of.prepare(workerd)
      const began = workerd.cpuSeconds()
      const measured = await load(workerd.ports.get(series.of.worker) ?? 0, requests, series.connections, round === 0 ? 1 : seconds)
      const cpu = ((workerd.cpuSeconds() - began) / measured.requests) * 1e6
      if (round > 0) series.rounds.push({ ...measured, cpu })
    }
    process.stderr.write(round === 0 ? 'Workers: warm\n' : `Workers: round ${round} of ${rounds}\n`)
  }
  const size = Buffer.byteLength(JSON.stringify(DATA))
  return [
    `${rounds} rounds of ${seconds} s each in alternating order, load by ${name}, ${size} bytes of session data; medians`,
    table(HEADING(connections), CASES.map((of) => row(of, all, connections))),
    '',
    'Ratios of rates, each within one round; medians, and of all rounds the least and the most',
    table(
      ['', ...connections.map(columns('×'))],
      RATIOS.map(([ours, peer]) => [`${title(ours)} ÷ ${title(peer)}`, ...connections.map((count) => ratio(all, ours, peer, count))]),
    ),
  ].join('\n')
}

const columns = (unit: string) => (count: number): string => `${count} conn. ${unit}`

const HEADING = (connections: number[]): string[] => [
  'call',
  ...connections.flatMap((count) => [`${count} conn.: req/s`, 'p50 ms', 'p99 ms', 'CPU µs']),
]

function row(of: Case, all: Series[], connections: number[]): string[] {
  const cells = connections.flatMap((count) => {
    const rounds = find(all, of, count)
    const middle = (field: 'rate' | 'p50' | 'p99' | 'cpu'): number => median(rounds.map((each) => each[field]))
    return [digits(middle('rate')), digits(middle('p50')), digits(middle('p99')), digits(middle('cpu'))]
  })
  return [title(of), ...cells]
}

function ratio(all: Series[], ours: Case, peer: Case, connections: number): string {
  const peers = find(all, peer, connections)
  const ratios = find(all, ours, connections).map(({ rate }, round) => rate / (peers[round]?.rate ?? Number.NaN))
  return `${digits(median(ratios))} (${digits(Math.min(...ratios))}–${digits(Math.max(...ratios))})`
}

const find = (all: Series[], of: Case, connections: number): Series['rounds'] =>
  all.find((series) => series.of === of && series.connections === connections)?.rounds ?? []

const title = ({ worker, call }: Case): string => `${TITLES[worker]}: ${call}`

const TITLES = { hello: 'JS', 'kv-get': 'JS', 'by-hand': 'by hand', ours: 'ours', 'ours-young': 'ours' }

const of = (worker: Case['worker'], call: string): Case => {
  const found = CASES.find((each) => each.worker === worker && each.call === call)
  if (!found) throw new Error(`no case ${worker} ${call}`)
  return found
}

/** Ours first. */
const RATIOS: [Case, Case][] = [
  [of('ours', 'read'), of('by-hand', 'read')],
  [of('ours', 'create'), of('by-hand', 'create')],
  [of('ours', 'replace'), of('by-hand', 'replace')],
  [of('ours-young', 'read, not settled'), of('by-hand', 'read')],
  [of('ours', 'read'), of('kv-get', 'one get')],
  [of('ours', 'read'), of('hello', 'hello')],
]

if (import.meta.main) console.log(await measureWorkers(process.argv[2] ?? 'build'))
