/**
 * Requests per second of Databunker's calls, over both stores, beside what a running Databunker did; and that no request fails where
 * the original refuses reads and loses writes. node benches/databunker/bench.ts <build>
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import { type Request, loader } from '../support/load.ts'
import { digits, median, table } from '../support/numbers.ts'
import { Workerd } from '../support/workerd.ts'

/**
 * Databunker 0.8.36 over SQLite, its default: one client, distinct sessions, on a machine of two cores
 * (tests/databunker/README.md). At two clients it refused a third of the reads, and lost writes.
 */
const RECORDED = { GET: 1_130, POST: 1_050, 'GET and POST, unchanged': 2 / (1 / 1_130 + 1 / 1_050) }

/** A client of express-session reads and writes with every request, whether anything changes or not. */
const CALLS = ['GET', 'POST', 'GET and POST, unchanged'] as const
type Call = (typeof CALLS)[number]
const STORES = ['kv', 'durable'] as const
type Store = (typeof STORES)[number]

export async function measureDatabunker(build: string, { rounds = 5, seconds = 2, connections = [1, 16, 256] } = {}): Promise<string> {
  const { name, load } = await loader()
  await using workerd = await Workerd.start(services(build))
  const rates = new Map<string, number[]>()
  const madeAt = Date.now()
  for (const store of STORES) await made(workerd, store)
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    for (const store of STORES) {
      for (const call of CALLS) {
        for (const count of connections) {
          // A refusal, an error in a 200 and a broken connection fail it.
          const { rate } = await load(portOf(workerd, store), REQUESTS[call], count, round === 0 ? 1 : seconds, '"status":"error"')
          if (round > 0) rates.set(`${store} ${call} ${count}`, [...(rates.get(`${store} ${call} ${count}`) ?? []), rate])
        }
      }
      await kept(workerd, store)
    }
    process.stderr.write(round === 0 ? 'Databunker: warm; waiting for sessions to settle\n' : `Databunker: round ${round} of ${rounds}\n`)
    if (round === 0) await settled(workerd, madeAt)
  }
  const rate = (store: Store, call: Call, count: number): number => median(rates.get(`${store} ${call} ${count}`) ?? [])
  return [
    `${rounds} rounds of ${seconds} s for each cell, load by ${name}, ${IDS.length} sessions in turn; requests per second, medians. No request failed.`,
    `Recorded of Databunker 0.8.36 over SQLite, at one client: ${RECORDED.GET} GET/s, ${RECORDED.POST} POST/s; of both in turn what that makes.`,
    '',
    table(
      ['', 'recorded', ...connections.map((count) => `${count} client${count === 1 ? '' : 's'}`), 'to recorded, 1 client'],
      STORES.flatMap((store) =>
        CALLS.map((call) => [
          `${store}: ${call}`,
          digits(RECORDED[call]),
          ...connections.map((count) => digits(rate(store, call, count))),
          digits(rate(store, call, connections[0] ?? 1) / RECORDED[call]),
        ]),
      ),
    ),
  ].join('\n')
}

function services(build: string) {
  // Sessions settle after twice the visibility, and a run must wait for that: so the least that is allowed.
  const vars = { KV_VISIBILITY: '30s', SESSION_KEYS: `slk1_${secret()},ssk1_${secret()}`, API_TOKENS: `bench default sessions ${DIGEST}` }
  return {
    kv: { code: build, kv: 'map', vars },
    durable: { code: build, kv: 'map', objects: true as const, vars: { ...vars, STORE: 'durable' } },
    map: { code: fileURLToPath(new URL('../worker/kv.js', import.meta.url)) },
  }
}

/** Makes every session, and reads it: the store keeps for good what was read once. */
async function made(workerd: Workerd, store: Store): Promise<void> {
  for (const id of [...IDS, ...READ_IDS]) for (const request of [post(id, 1), get(id)]) await ok(workerd, store, request)
}

/** Waits until a read may know that a session did not end, and reads each once. */
async function settled(workerd: Workerd, madeAt: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, madeAt + SETTLED_MS - Date.now()))
  for (const store of STORES) for (const request of REQUESTS.GET) await ok(workerd, store, request)
}

/** No write was lost: each session is there, with one of the bodies that it was sent. */
async function kept(workerd: Workerd, store: Store): Promise<void> {
  for (const id of IDS) {
    const { data } = (await ok(workerd, store, get(id))) as unknown as { data: { id: string; n: number } }
    if (data.id !== id || !BODIES.includes(data.n)) throw new Error(`${store}: a session holds ${JSON.stringify(data)}`)
  }
}

async function ok(workerd: Workerd, store: Store, { method, path, headers, body }: Request): Promise<{ status: string }> {
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${portOf(workerd, store)}${path}`, { method, headers: { ...headers, ...type }, body: body ?? null })
  const answer = (await response.json()) as { status: string }
  if (answer.status !== 'ok') throw new Error(`${store}: ${method} ${path}: ${JSON.stringify(answer)}`)
  return answer
}

const portOf = (workerd: Workerd, store: Store): number => Number(new URL(workerd.url(store)).port)

const secret = (): string => randomBytes(32).toString('base64url')
const TOKEN = `sst_${secret()}`
const DIGEST = createHash('sha256').update(TOKEN).digest('hex')
const HEADERS = { 'X-Bunker-Token': TOKEN }

/** Distinct sessions: enough that no client meets another one's, but where it comes round. */
const IDS = Array.from({ length: 512 }, () => randomUUID())
/** Those that are only read. */
const READ_IDS = Array.from({ length: 512 }, () => randomUUID())
/** What they hold in turn, so that a POST changes something. */
const BODIES = [1, 2, 3]
const get = (id: string): Request => ({ method: 'GET', path: `/databunker/v1/session/${id}`, headers: HEADERS })
const post = (id: string, n: number): Request => {
  // What express-session writes, and the original was measured with, but for what tells one from another.
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }
  return { method: 'POST', path: `/databunker/v1/session/${id}`, headers: HEADERS, body: JSON.stringify({ cookie, id, n }) }
}
/** Twice the visibility, and a little. */
const SETTLED_MS = 81_000
const REQUESTS: Record<Call, Request[]> = {
  GET: READ_IDS.map(get),
  POST: BODIES.flatMap((n) => IDS.map((id) => post(id, n))),
  'GET and POST, unchanged': READ_IDS.flatMap((id) => [get(id), post(id, 1)]),
}

if (import.meta.main) console.log(await measureDatabunker(process.argv[2] ?? 'build'))
