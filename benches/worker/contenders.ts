/** The Workers that are measured beside each other, in one process over one KV, and the calls that are measured. */

import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import type { Request } from '../support/load.ts'
import type { Service, Workerd } from '../support/workerd.ts'

/** A call at a Worker. */
export interface Case {
  worker: Contender
  call: string
  /** Makes the sessions that it takes; gives the requests to send in turn. */
  prepare: (workerd: Workerd) => Promise<Request[]>
  /** It is about sessions that are settled. */
  settled?: true
}

/** Cases with all that they take. */
export class Prepared {
  readonly requests: Map<Case, Request[]>
  readonly #workerd: Workerd
  readonly #madeAt = Date.now()

  static async for(workerd: Workerd, cases: Case[]): Promise<Prepared> {
    const requests = new Map<Case, Request[]>()
    for (const of of cases) {
      requests.set(of, await of.prepare(workerd))
      // The store keeps for good what was read once.
      for (const request of requests.get(of) ?? []) await answered(workerd, of.worker, request)
    }
    return new Prepared(workerd, requests)
  }

  private constructor(workerd: Workerd, requests: Map<Case, Request[]>) {
    this.#workerd = workerd
    this.requests = requests
  }

  /** Waits until sessions can settle, if it is about any, and reads each once, which settles it. */
  async settle(): Promise<void> {
    for (const [{ worker, settled }, requests] of this.requests) {
      if (!settled) continue
      const left = this.#madeAt + SETTLED_MS - Date.now()
      if (left > 1_000) process.stderr.write(`Waiting ${Math.round(left / 1_000)} s for sessions to settle\n`)
      await new Promise((resolve) => setTimeout(resolve, left))
      for (const request of requests) await answered(this.#workerd, worker, request)
    }
  }
}

export type Contender = 'hello' | 'kv-get' | 'by-hand' | 'ours' | 'ours-young'

/** All services; `build` is the directory of the built Worker. */
export function services(build: string): Record<string, Service> {
  const ours = { code: build, kv: 'kv', vars: { SESSION_KEYS: KEYS, API_TOKENS: TOKEN_LINE } }
  return {
    kv: { code: here('kv.js') },
    hello: { code: here('hello.js') },
    'kv-get': { code: here('kv-get.js'), kv: 'kv' },
    'by-hand': { code: here('by-hand.js'), kv: 'kv', vars: { TOKEN_SHA256: digest(TOKEN), ROOT_KEY: ROOT } },
    // Sessions settle after twice this, and a run must wait for that: so the least that is allowed.
    ours: { ...ours, vars: { ...ours.vars, KV_VISIBILITY: '30s' } },
    // Here none settles: what a session's first two minutes cost.
    'ours-young': { ...ours, vars: { ...ours.vars, KV_VISIBILITY: '1h' } },
  }
}

/** In the order in which they are told. */
export const CASES: Case[] = [
  { worker: 'hello', call: 'hello', prepare: async () => [{ method: 'GET', path: '/' }] },
  { worker: 'kv-get', call: 'one get', prepare: planted },
  ...(['by-hand', 'ours'] as const).flatMap((worker): Case[] => [
    {
      worker,
      call: 'read',
      prepare: async (workerd) => (await sessions(workerd, worker)).map(read),
      ...(worker === 'ours' ? { settled: true } : {}),
    },
    { worker, call: 'create', prepare: async () => [create()] },
    { worker, call: 'replace', prepare: async (workerd) => (await sessions(workerd, worker)).map(replace) },
  ]),
  {
    worker: 'ours-young',
    call: 'read, not settled',
    prepare: async (workerd) => (await sessions(workerd, 'ours-young')).map(read),
  },
]

/** Sessions read in turn: enough that no cache of a single one could help, few enough to make them at each round. */
export const SESSIONS = 64

/** A kilobyte of what sessions hold. */
export const DATA = {
  cart: Array.from({ length: 8 }, (_, i) => ({ sku: `sku-${1_000 + i}`, title: 'Notes by the Translator', count: i, price: 12.5 })),
  flash: ['Your address was saved'],
  locale: 'en-GB',
  roles: ['customer', 'reviewer'],
  returnTo: '/checkout/payment?step=2',
  theme: { name: 'dusk', contrast: 'high', fontSize: 15 },
  seen: Array.from({ length: 18 }, (_, i) => 4_700_321 + 37 * i),
}

async function planted(workerd: Workerd): Promise<Request[]> {
  const keys = Array.from({ length: SESSIONS }, (_, i) => `s:${i}`)
  for (const key of keys) {
    const sent = { method: 'PUT', headers: { 'Session-Id': key }, body: JSON.stringify(DATA) }
    const response = await fetch(workerd.url('kv-get'), sent)
    if (!response.ok) throw new Error(`kv-get: ${response.status}`)
  }
  return keys.map((key) => ({ method: 'GET', path: '/', headers: { 'Session-Id': key } }))
}

/** IDs of new sessions. */
async function sessions(workerd: Workerd, worker: Contender): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < SESSIONS; i += 1) {
    const { id } = (await answered(workerd, worker, create())) as { id: string }
    ids.push(id)
  }
  return ids
}

async function answered(workerd: Workerd, worker: Contender, { method, path, headers = {}, body }: Request): Promise<unknown> {
  const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const sent = { method, headers: { ...headers, ...type }, body: body ?? null }
  const response = await fetch(`${workerd.url(worker)}${path}`, sent)
  if (!response.ok) throw new Error(`${worker}: ${method} ${path}: ${response.status} ${await response.text()}`)
  return response.headers.get('Content-Type')?.startsWith('application/json') ? response.json() : response.text()
}

const KEY = (): string => randomBytes(32).toString('base64url')
const TOKEN = `sst_${KEY()}`
const KEYS = `slk1_${KEY()},ssk1_${KEY()}`
const ROOT = randomBytes(32).toString('hex')
const digest = (token: string): string => createHash('sha256').update(token).digest('hex')
const TOKEN_LINE = `bench default sessions ${digest(TOKEN)}`
const AUTHORIZATION = { Authorization: `Bearer ${TOKEN}` }

const create = (): Request => {
  return { method: 'POST', path: '/v1/sessions', headers: AUTHORIZATION, body: JSON.stringify({ data: DATA, user: 'ada@example.org' }) }
}
const read = (id: string): Request => {
  return { method: 'GET', path: '/v1/session', headers: { ...AUTHORIZATION, 'Session-Id': id } }
}
const replace = (id: string): Request => {
  return { method: 'PUT', path: '/v1/session', headers: { ...AUTHORIZATION, 'Session-Id': id }, body: JSON.stringify({ data: DATA }) }
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
/** Twice the visibility of `ours`, and a little. */
const SETTLED_MS = 81_000
