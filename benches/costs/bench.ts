/**
 * What calls cost at list price, from counted operations: the built Worker over the simulator of Workers KV, and over Durable
 * Objects with every SQL statement counted. node benches/costs/bench.ts <build>
 */

import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Stack } from '../../tests/e2e/harness/workerd.ts'
import { table } from '../support/numbers.ts'

/** Dollars per million, marginal, beyond what a plan includes; of November 2026. The Worker's own request is not in here. */
const PRICES = {
  kv: { get: 0.5, put: 5, delete: 5, list: 5 },
  // A request, a row, and 10 ms of an object's 128 MB, which is what a call keeps it busy for at the most.
  durable: { requests: 0.15 + 0.0156, rowsRead: 0.001, rowsWritten: 1 },
} as const

type Counts = Record<string, number>

export async function measureCosts(build: string): Promise<string> {
  const kv = await counted('kv', build)
  const durable = await counted('durable', build)
  // What a store does that writes the session anew at every request, to slide its expiry.
  const naive: Record<string, Counts> = {
    read: { get: 1, put: 1 },
    'read, touch due': { get: 1, put: 1 },
    create: { put: 1 },
    login: { get: 1, put: 1, delete: 1 },
    logout: { delete: 1 },
  }
  const rows = Object.keys(kv).map((call) => [
    call,
    told(kv[call]),
    dollars(cost(kv[call], PRICES.kv)),
    told(durable[call]),
    dollars(cost(durable[call], PRICES.durable)),
    naive[call] ? dollars(cost(naive[call], PRICES.kv)) : '–',
  ])
  const bars = Object.keys(kv).flatMap((call) => [
    bar(call, 'KV', cost(kv[call], PRICES.kv)),
    bar('', 'durable', cost(durable[call], PRICES.durable)),
    ...(naive[call] ? [bar('', 'naive KV', cost(naive[call], PRICES.kv))] : []),
  ])
  return [
    table(['call', 'KV operations', '$/M', 'Durable Objects', '$/M', 'naive KV $/M'], rows),
    '',
    '```text',
    ...bars,
    '```',
  ].join('\n')
}

/** Counts every call once. */
async function counted(store: 'kv' | 'durable', build: string): Promise<Record<string, Counts>> {
  const directory = mkdtempSync(join(tmpdir(), 'sealed-session-costs-'))
  try {
    instrument(build, directory)
    await using service = await Service.start(store, directory)
    const costs: Record<string, Counts> = {}
    const count = async <T>(name: string, during: () => Promise<T>): Promise<T> => {
      const before = await service.counts()
      const result = await during()
      const after = await service.counts()
      const spent = Object.keys(after).map((kind): [string, number] => [kind, (after[kind] ?? 0) - (before[kind] ?? 0)])
      costs[name] = Object.fromEntries(spent.filter(([, times]) => times > 0))
      return result
    }
    // An isolate's first call asks what the next ones know, and an object's first one writes down which object it is.
    for (let i = 0; i < 600; i += 1) await service.call('POST', '/v1/sessions', { body: { user: `user ${i}` } })
    const session = (await count('create', () => service.call('POST', '/v1/sessions', { body: { user: 'ada' } })))['id'] as string
    await service.pass(3 * 60_000)
    await service.call('GET', '/v1/session', { session })
    await count('read', () => service.call('GET', '/v1/session', { session }))
    await service.pass(2 * 3_600_000)
    await count('read, touch due', () => service.call('GET', '/v1/session', { session }))
    await service.pass(5_000)
    await count('replace', () => service.call('PUT', '/v1/session', { session, body: { data: { cart: [] } } }))
    await service.pass(5_000)
    await count('logout', () => service.call('DELETE', '/v1/session', { session }))

    const { id } = await service.call('POST', '/v1/sessions', { body: { data: {} } })
    await service.pass(3 * 60_000)
    const login = { user: 'bob', data: {} }
    await count('login', () => service.call('POST', '/v1/session/regenerate', { session: id as string, body: login }))
    for (let i = 0; i < 10; i += 1) await service.call('POST', '/v1/sessions', { body: { user: 'many' } })
    await service.pass(3 * 60_000)
    await count('list of 10', () => service.call('GET', '/v1/user/sessions', { user: 'many' }))
    await count('revoke all of 10', () => service.call('DELETE', '/v1/user/sessions', { user: 'many' }))
    const order = ['read', 'read, touch due', 'create', 'login', 'replace', 'logout', 'list of 10', 'revoke all of 10']
    return Object.fromEntries(order.map((call) => [call, costs[call] ?? {}]))
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The built Worker, whose objects tell in a log line what each of their statements read and wrote. */
function instrument(build: string, directory: string): void {
  copyFileSync(join(build, 'index_bg.wasm'), join(directory, 'index_bg.wasm'))
  const script = readFileSync(join(build, 'index.js'), 'utf8')
  const name = /export\s*\{[^}]*?([\w$]+) as SessionShard/u.exec(script)?.[1]
  if (name === undefined) throw new Error('the Worker exports no SessionShard')
  const counting = `
class CountedShard extends ${name} {
  #cursors = []
  constructor(ctx, env) {
    const cursors = []
    const { sql } = ctx.storage
    const exec = sql.exec.bind(sql)
    sql.exec = (...statement) => { const cursor = exec(...statement); cursors.push(cursor); return cursor }
    super(ctx, env)
    this.#cursors = cursors
    cursors.length = 0
  }
  #told(answer) {
    const sum = (kind) => this.#cursors.reduce((total, cursor) => total + cursor[kind], 0)
    console.log(JSON.stringify({ rowsRead: sum('rowsRead'), rowsWritten: sum('rowsWritten') }))
    this.#cursors.length = 0
    return answer
  }
  ask(message) { return this.#told(super.ask(message)) }
  async change(message) { return this.#told(await super.change(message)) }
}
`
  writeFileSync(join(directory, 'index.js'), script.replace(`${name} as SessionShard`, 'CountedShard as SessionShard') + counting)
}

class Service {
  readonly #stack: Stack
  readonly #token: string
  readonly #store: 'kv' | 'durable'
  #answered = 0

  static async start(store: 'kv' | 'durable', build: string): Promise<Service> {
    const secret = (): string => randomBytes(32).toString('base64url')
    const token = `sst_${secret()}`
    const digest = createHash('sha256').update(token).digest('hex')
    const tokens = `bench default sessions,users ${digest}`
    const vars = { SESSION_KEYS: `slk1_${secret()},ssk1_${secret()}`, API_TOKENS: tokens, STORE: store }
    const durableObjects = [{ binding: 'SHARDS', className: 'SessionShard' }]
    return new Service(await Stack.start({ build, vars, durableObjects }), token, store)
  }

  private constructor(stack: Stack, token: string, store: 'kv' | 'durable') {
    this.#stack = stack
    this.#token = token
    this.#store = store
  }

  async call(
    method: string,
    path: string,
    { session, user, body }: { session?: string; user?: string; body?: unknown },
  ): Promise<Record<string, unknown>> {
    const headers = new Headers({ Authorization: `Bearer ${this.#token}` })
    if (session !== undefined) headers.set('Session-Id', session)
    if (user !== undefined) headers.set('User-Id', user)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    const response = await this.#stack.fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    this.#answered += 1
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  }

  async pass(ms: number): Promise<void> {
    await this.#lines()
    await this.#stack.advance(ms)
  }

  /** What was spent so far, when nothing is left to do after any answer. */
  async counts(): Promise<Counts> {
    const lines = await this.#lines()
    if (this.#store === 'kv') {
      const { get, bulkGet, put, delete: deleted, list } = await this.#stack.kv.counters('A')
      return { get: get + bulkGet, put, delete: deleted, list }
    }
    const asked = lines.filter((line) => 'rowsRead' in line)
    const sum = (kind: string): number => asked.reduce((total, line) => total + (line[kind] ?? 0), 0)
    return { requests: asked.length, rowsRead: sum('rowsRead'), rowsWritten: sum('rowsWritten') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.stop()
  }

  /** The Worker logs a line once everything after its answer is done, and an object one for each call. */
  async #lines(): Promise<Counts[]> {
    const { logs } = this.#stack
    const parsed = (): Counts[] => logs.all.map((line) => JSON.parse(line) as Counts)
    const requests = (): number => parsed().filter((line) => 'route' in line).length
    if (requests() < this.#answered) await logs.find(() => requests() >= this.#answered)
    return parsed()
  }
}

function cost(counts: Counts = {}, prices: Record<string, number>): number {
  return Object.entries(counts).reduce((sum, [kind, times]) => sum + times * (prices[kind] ?? Number.NaN), 0)
}

const told = (counts: Counts = {}): string =>
  Object.entries(counts)
    .map(([kind, times]) => `${times} ${NAMES[kind]?.[times === 1 ? 0 : 1] ?? kind}`)
    .join(', ')

const NAMES: Record<string, [one: string, more: string]> = {
  rowsRead: ['row read', 'rows read'],
  rowsWritten: ['row written', 'rows written'],
  requests: ['call', 'calls'],
}

const dollars = (amount: number): string => amount.toFixed(2)

/** Lengths on a logarithmic scale: a tenth of a dollar is one character, each ten times that eleven more. */
const bar = (call: string, of: string, amount: number): string =>
  `${call.padEnd(17)} ${of.padEnd(8)} ${'█'.repeat(Math.max(1, Math.round(1 + Math.log10(amount / 0.1) * 11)))} ${dollars(amount)}`

if (import.meta.main) console.log(await measureCosts(process.argv[2] ?? 'build'))
