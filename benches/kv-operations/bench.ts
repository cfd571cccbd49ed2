/**
 * Workers KV operations, counted: what each call asks for, and what a day of reads does. The built Worker runs over the
 * simulator of the tests, whose clock moves through the day: node benches/kv-operations/bench.ts <build>
 */

import { createHash, randomBytes } from 'node:crypto'

import { Stack } from '../../tests/e2e/harness/workerd.ts'
import { digits, table } from '../support/numbers.ts'

const READS = 1_000
const IDLES = ['12h', '2h', '30m']
/** Isolates that the reads of a session may reach: what one of them learned, the others do not know. */
const ISOLATES = [1, 4]

/** How the reads of a day are spread: milliseconds from each to the next. */
const SPREADS: Record<string, (read: number) => number> = {
  'evenly over 24 h': () => 86_400_000 / READS,
  // A page every ten seconds, and sixteen minutes of something else after fifty of them.
  '20 visits in 8 h': (read) => (read % 50 === 49 ? 16 * 60_000 : 10_000),
}

interface Counted {
  reads: number
  writes: number
}

export async function countOperations(build: string): Promise<string> {
  await using service = await Service.start(build)
  const calls = await countCalls(service)
  process.stderr.write('KV operations: each call\n')
  const days: string[][] = []
  for (const idle of IDLES) {
    for (const [name, spread] of Object.entries(SPREADS)) {
      for (const isolates of ISOLATES) {
        const { reads, writes } = await countDay(service, idle, spread, isolates)
        days.push([idle, name, `${isolates}`, digits(reads / READS), `${writes}`, '1.00', `${READS}`])
      }
    }
    process.stderr.write(`KV operations: a day with idle ${idle}\n`)
  }
  return [
    'Each call, for a session of a user in an isolate that did not see it before, unless it says otherwise',
    '',
    table(['call', 'KV reads', 'KV writes'], calls),
    '',
    `A day: one session, ${READS} reads, by the idle window and by how many isolates share the reads`,
    '',
    table(['idle', 'spread', 'isolates', 'KV reads/call', 'KV writes/day', 'naive: reads/call', 'writes/day'], days),
  ].join('\n')
}

async function countCalls(service: Service): Promise<string[][]> {
  const rows: string[][] = []
  const count = async <T>(name: string, during: () => Promise<T>): Promise<T> => {
    const before = await service.counted()
    const result = await during()
    const after = await service.counted()
    rows.push([name, `${after.reads - before.reads}`, `${after.writes - before.writes}`])
    return result
  }
  const body = { data: { cart: [] }, user: 'ada@example.org' }
  await count('create, nobody’s', () => service.call('POST', '/v1/sessions', { body: { data: {} } }))
  const { id } = await count('create', () => service.call('POST', '/v1/sessions', { body }))
  const session = id as string
  await service.pass(30_000)
  await count('read in the first two minutes', () => service.call('GET', '/v1/session', { session }))
  await service.pass(140_000)
  await count('read, first after that', () => service.call('GET', '/v1/session', { session }))
  await count('read, settled', () => service.call('GET', '/v1/session', { session }))
  await service.pass(2 * 3_600_000)
  await count('read, settled, with a touch due', () => service.call('GET', '/v1/session', { session }))
  await service.pass(2_000)
  await count('replace', () => service.call('PUT', '/v1/session', { session, body: { data: 1 } }))
  await service.pass(2_000)
  await count('patch', () => service.call('PATCH', '/v1/session', { session, body: { data: { a: 1 } } }))
  await service.pass(2_000)
  const regenerated = await count('regenerate', () => service.call('POST', '/v1/session/regenerate', { session, body: {} }))
  await service.pass(2_000)
  const successor = regenerated['id'] as string
  await count('read, a moment after a regenerate', () => service.call('GET', '/v1/session', { session: successor }))
  await count('end', () => service.call('DELETE', '/v1/session', { session: successor }))
  return rows
}

async function countDay(service: Service, idle: string, spread: (read: number) => number, isolates: number): Promise<Counted> {
  const body = { data: { cart: [] }, user: 'ada@example.org', idle, absolute: '7d' }
  const before = await service.counted()
  const { id } = await service.call('POST', '/v1/sessions', { body })
  for (let read = 0; read < READS; read += 1) {
    await service.pass(spread(read))
    await service.call('GET', '/v1/session', { session: id as string, isolate: read % isolates })
  }
  const after = await service.counted()
  // Less the create's own two writes.
  return { reads: after.reads - before.reads, writes: after.writes - before.writes - 2 }
}

/** The built Worker in as many isolates as are needed, all at one location of the simulator. */
class Service {
  readonly #stack: Stack
  readonly #token: string
  #answered = 0

  static async start(build: string): Promise<Service> {
    const secret = (): string => randomBytes(32).toString('base64url')
    const token = `sst_${secret()}`
    const digest = createHash('sha256').update(token).digest('hex')
    const vars = { SESSION_KEYS: `slk1_${secret()},ssk1_${secret()}`, API_TOKENS: `bench default sessions ${digest}` }
    const names = Array.from({ length: Math.max(...ISOLATES) }, (_, i) => `isolate-${i}`)
    const instances = Object.fromEntries(names.map((name) => [name, { location: 'A' }]))
    return new Service(await Stack.start({ build, vars, instances }), token)
  }

  private constructor(stack: Stack, token: string) {
    this.#stack = stack
    this.#token = token
  }

  async call(
    method: string,
    path: string,
    { session, body, isolate = 0 }: { session?: string; body?: unknown; isolate?: number },
  ): Promise<Record<string, unknown>> {
    const headers = new Headers({ Authorization: `Bearer ${this.#token}` })
    if (session !== undefined) headers.set('Session-Id', session)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    const sent = { method, headers, body: body === undefined ? null : JSON.stringify(body) }
    const response = await this.#stack.fetch(path, sent, `isolate-${isolate}`)
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    this.#answered += 1
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  }

  /** Lets time pass, for the Worker and for KV, once nothing is left to do after an answer. */
  async pass(ms: number): Promise<void> {
    await this.#settled()
    await this.#stack.advance(ms)
  }

  /** What KV saw so far. */
  async counted(): Promise<Counted> {
    await this.#settled()
    const { get, bulkGet, put, delete: deleted, refused } = await this.#stack.kv.counters('A')
    if (refused > 0) throw new Error(`KV refused ${refused} operations`)
    return { reads: get + bulkGet, writes: put + deleted }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.stop()
  }

  /** The Worker logs a line once everything after its answer is done. */
  async #settled(): Promise<void> {
    const { logs } = this.#stack
    if (logs.all.length < this.#answered) await logs.find(() => logs.all.length >= this.#answered)
  }
}

if (import.meta.main) console.log(await countOperations(process.argv[2] ?? 'build'))
