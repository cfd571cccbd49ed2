/** A deployment under test: keys and tokens of its own, the built Worker, simulated KV. */

import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { type Options, Stack } from '../harness/workerd.ts'
import { Api } from './api.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** What `scripts/build-worker.sh` makes. */
export const BUILD = fileURLToPath(new URL('../../../build', import.meta.url))

const secret = (): string => randomBytes(32).toString('base64url')
export const newRootKey = (): string => `ssk1_${secret()}`
export const newLookupKey = (): string => `slk1_${secret()}`
export const newToken = (): string => `sst_${secret()}`

/** A session ID that nobody has made. */
export const newSessionId = secret

/** A line of `API_TOKENS`. */
export const tokenLine = (
  token: string,
  { name = 'test', tenant = 'default', scopes = 'sessions,users,admin' } = {},
): string => `${name} ${tenant} ${scopes} ${createHash('sha256').update(token).digest('hex')}`

/** A root key's ID: the first 4 bytes of `Derive(root, "key id")` (docs/FORMAT.md). */
export function keyId(rootKey: string): string {
  const key = Buffer.from(rootKey.slice('ssk1_'.length), 'base64url')
  return createHmac('sha512', key).update('sealed-session/v1/key id\0\u{1}').digest('hex').slice(0, 8)
}

/** A log line of one request. */
export interface LogLine {
  method: string
  route: string
  status: number
  ms: number
  store_operations: number
  code?: string
  reason?: string
  log_id?: string
  token?: string
}

/** A kind of store, by its name in settings. */
export type StoreKind = 'durable' | 'kv'

let usualStore: StoreKind = 'kv'

/** Where deployments that do not say keep their sessions, from now on. For tests that hold over each store. */
export function useStore(store: StoreKind): void {
  usualStore = store
}

export interface DeploymentOptions extends Partial<Omit<Options, 'build'>> {
  keys?: string
  store?: StoreKind
}

/** Stop it, or declare it with `await using`: it then looks through what was logged. */
export class Deployment {
  readonly stack: Stack
  /** A caller who may do everything. */
  readonly api: Api
  /** That caller's token. */
  readonly token: string
  readonly store: StoreKind
  /** Answers whose log line died with the process. */
  #unlogged = 0

  static async start({
    keys = `${newLookupKey()},${newRootKey()}`,
    store = usualStore,
    vars,
    ...options
  }: DeploymentOptions = {}): Promise<Deployment> {
    assert.ok(existsSync(BUILD), 'The Worker is not built: run scripts/build-worker.sh')
    const token = newToken()
    const settings = { SESSION_KEYS: keys, API_TOKENS: tokenLine(token), STORE: store }
    const durableObjects = [{ binding: 'SHARDS', className: 'SessionShard' }]
    const stack = await Stack.start({ build: BUILD, durableObjects, ...options, vars: { ...settings, ...vars } })
    return new Deployment(stack, token, store)
  }

  private constructor(stack: Stack, token: string, store: StoreKind) {
    this.stack = stack
    this.token = token
    this.store = store
    this.api = new Api(stack, token)
  }

  /** Starts again with another keyring on the same disk. Vars beyond the secrets are to be said again. */
  async rekey(keys: string, vars: Record<string, string> = {}): Promise<void> {
    await this.requests()
    const settings = { SESSION_KEYS: keys, API_TOKENS: tokenLine(this.token), STORE: this.store }
    await this.stack.restart({ vars: { ...settings, ...vars } })
  }

  /** Starts again on the same disk, when nothing is left to do. */
  async restart(): Promise<void> {
    await this.requests()
    await this.stack.restart()
  }

  /** Ends the process as a lost machine would, and starts again on the same disk. */
  async crash(): Promise<void> {
    await this.stack.kill()
    this.#unlogged = this.api.answered - this.stack.logs.all.length
    await this.stack.restart()
  }

  /** Lets KV's second between two writes of a key pass. Durable Objects have no such thing. */
  async pause(): Promise<void> {
    if (this.store === 'kv') await this.stack.advance(SECOND)
  }

  /** For tests that are about KV and nothing else. */
  get onlyKv(): { skip: string | false } {
    return { skip: this.store !== 'kv' && 'this is about KV' }
  }

  /** The lines that the Worker logged, one to a request, when nothing is left to do after any answer. */
  async requests(): Promise<LogLine[]> {
    const { logs } = this.stack
    const expected = this.api.answered - this.#unlogged
    if (expected > logs.all.length) await logs.find(() => logs.all.length >= expected)
    return logs.all.map((line) => JSON.parse(line) as LogLine)
  }

  /** What KV was asked in this time, when nothing is left to do: the kind and the key's prefix of each operation. */
  async operations(during: () => Promise<unknown>): Promise<string[]> {
    await this.requests()
    await this.stack.kv.forget()
    await during()
    await this.requests()
    return (await this.stack.kv.journal()).map(({ kind, keys: [key = ''] }) => `${kind} ${key.slice(0, 2)}`)
  }

  /** Of these the writes. */
  async writes(during: () => Promise<unknown>): Promise<string[]> {
    return (await this.operations(during)).filter((operation) => /^(put|delete) /u.test(operation))
  }

  async stop(): Promise<void> {
    const requests = await this.requests()
    await this.stack.stop()
    for (const line of requests) {
      const text = JSON.stringify(line)
      assert.ok(line.store_operations <= 1_000, `an invocation took more than 1000 KV operations: ${text}`)
      assert.ok(line.method && line.route && line.status >= 200 && line.ms >= 0, `not the line of a request: ${text}`)
    }
    const broken = this.stack.errors.all.filter((line) =>
      /panic|Uncaught|hung|RangeError|TypeError|unreachable/iu.test(line),
    )
    assert.deepEqual(broken, [], 'the Worker broke')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** When a time of an answer is. */
export const time = (text: string): number => Date.parse(text)
