/** Requests per second and latencies of our Worker and of its peers: node benches/worker/bench.ts <build> */

import { type Load, loader } from '../support/load.ts'
import { digits, median, table } from '../support/numbers.ts'
import { Workerd } from '../support/workerd.ts'
import { CASES, type Case, DATA, Prepared, services } from './contenders.ts'

/** What a round measured; `cpu` is microseconds of processor time per request, the store's included. */
type Round = Load & { cpu: number }

/** One case at one number of connections. */
interface Series {
  of: Case
  connections: number
  rounds: Round[]
}

export async function measureWorkers(build: string, { rounds = 5, seconds = 2, connections = [1, 16] } = {}): Promise<string> {
  const { name, load } = await loader()
  await using workerd = await Workerd.start(services(build))
  const prepared = await Prepared.for(workerd, CASES)
  const all = CASES.flatMap((of) => connections.map((count): Series => ({ of, connections: count, rounds: [] })))

  // The first round warms everything up and is not counted. Then back and forth, so that nobody always comes first.
  for (let round = 0; round <= rounds; round += 1) {
    for (const series of round % 2 === 0 ? all : all.toReversed()) {
      const requests = prepared.requests.get(series.of) ?? []
      const began = workerd.cpuSeconds()
      const port = workerd.ports.get(series.of.worker) ?? 0
      const measured = await load(port, requests, series.connections, round === 0 ? 1 : seconds).catch((cause: unknown) => {
        throw new Error(`${title(series.of)}, ${series.connections} connections, round ${round}`, { cause })
      })
      const cpu = ((workerd.cpuSeconds() - began) / measured.requests) * 1e6
      if (round > 0) series.rounds.push({ ...measured, cpu })
    }
    process.stderr.write(round === 0 ? 'Workers: warm\n' : `Workers: round ${round} of ${rounds}\n`)
    if (round === 0) await prepared.settle()
  }
  const size = Buffer.byteLength(JSON.stringify(DATA))
  return [
    `${rounds} rounds of ${seconds} s for each cell in alternating order, load by ${name}, ${size} bytes of session data; medians.`,
    'CPU is processor time of workerd per request, the store’s included.',
    ...connections.flatMap((count) => [
      '',
      `${count} connection${count === 1 ? '' : 's'}`,
      '',
      table(['', 'req/s', 'p50 ms', 'p99 ms', 'CPU µs'], CASES.map((of) => row(of, find(all, of, count)))),
    ]),
    '',
    'Ours as a multiple of a peer, each ratio within one round: medians, and the least and the most of all rounds. Above 1 ours is',
    'ahead: rate by rate, and the peer’s processor time by ours.',
    '',
    table(
      ['', ...connections.flatMap((count) => [`${count} conn.: req/s`, 'CPU'])],
      RATIOS.map(([ours, peer]) => [
        `${title(ours)} to ${title(peer)}`,
        ...connections.flatMap((count) => [
          ratio(all, ours, peer, count, (own, other) => own.rate / other.rate),
          ratio(all, ours, peer, count, (own, other) => other.cpu / own.cpu),
        ]),
      ]),
    ),
  ].join('\n')
}

const row = (of: Case, rounds: Round[]): string[] => {
  const fields = ['rate', 'p50', 'p99', 'cpu'] as const
  return [title(of), ...fields.map((field) => digits(median(rounds.map((each) => each[field]))))]
}

function ratio(all: Series[], ours: Case, peer: Case, connections: number, of: (own: Round, other: Round) => number): string {
  const peers = find(all, peer, connections)
  const ratios = find(all, ours, connections).map((own, round) => of(own, peers[round] as Round))
  return `${digits(median(ratios))} (${digits(Math.min(...ratios))}–${digits(Math.max(...ratios))})`
}

const find = (all: Series[], of: Case, connections: number): Round[] =>
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
