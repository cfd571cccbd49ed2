/** Starts a built Worker in workerd over simulated KV (tests/kv-sim), and moves time for both. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

import {
  type Options,
  KV_SOCKET,
  clockSocket,
  configuration,
  instanceNames,
  socketNames,
  workerSocket,
} from './config.ts'
import { Kv } from './kv.ts'
import { Lines } from './lines.ts'

export type { Instance, Options } from './config.ts'
export type { Counters, Delay, Fault, Kind, LocationSettings, Operation, Stored } from './kv.ts'

/**
 * One workerd process with everything in it. It ends with {@link stop}, with an `await using`, or with the test's
 * process; its directory goes with it.
 */
export class Stack {
  readonly kv = new Kv((call, argument) => this.#control(KV_SOCKET, call, argument))
  /** What the Workers wrote with `console.log`. */
  readonly logs = new Lines()
  /** What they wrote with `console.error`, and what workerd has to say. */
  readonly errors = new Lines()
  readonly #directory = mkdtempSync(join(tmpdir(), 'sealed-session-'))
  #options: Options
  #offset = 0
  #process: ChildProcess | undefined
  #closed: Promise<unknown> = Promise.resolve()
  #ports = new Map<string, number>()

  static async start(options: Options): Promise<Stack> {
    const stack = new Stack(options)
    try {
      await stack.#start()
    } catch (error) {
      stack.discard()
      throw error
    }
    return stack
  }

  private constructor(options: Options) {
    this.#options = options
    this.#offset = options.offset ?? 0
    mkdirSync(this.disk)
    running.add(this)
  }

  /** Calls an instance of the Worker. Redirects are answers here, not orders. */
  async fetch(path: string, init: RequestInit = {}, instance = this.#first): Promise<Response> {
    return fetch(new URL(path, this.url(instance)), { redirect: 'manual', ...init })
  }

  /** Where an instance listens. Another port after each start. */
  url(instance = this.#first): string {
    return `http://127.0.0.1:${this.#port(workerSocket(instance))}`
  }

  /** The time for the Worker and for KV, in milliseconds since the Unix epoch. */
  now(): number {
    return Date.now() + this.#offset
  }

  /** Moves that time forward, for all instances and KV; also between a kill and a restart. */
  async advance(ms: number): Promise<void> {
    if (ms < 0) throw new RangeError('time does not go back')
    this.#offset += ms
    if (this.#ports.size === 0) return
    // The Workers' clocks first: KV may answer what it held back as soon as its own has moved, and whoever waits for that
    // answer must then see the new time.
    await Promise.all(
      instanceNames(this.#options).map((name) => this.#control(clockSocket(name), '', this.#offset)),
    )
    await this.#control(KV_SOCKET, 'clock', { offset: this.#offset })
  }

  /** Makes the first instance's next look at the clock a trap. */
  async trap(): Promise<void> {
    await this.#control(clockSocket(instanceNames(this.#options)[0] as string), 'trap', {})
  }

  /** Ends the process at once, as a lost machine would. The disk stays. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /**
   * Starts again on the same disk, at the same time and with KV configured as before, but with empty caches and no
   * faults. Options given replace those the stack was started with. A process that still runs may answer what it was
   * asked before it ends.
   */
  async restart(options: Partial<Options> = {}): Promise<void> {
    await this.#end('SIGTERM')
    this.#options = { ...this.#options, ...options }
    await this.#start()
  }

  /** Ends the process and removes what it stored. */
  async stop(): Promise<void> {
    await this.#end('SIGKILL')
    this.discard()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** {@link stop} for a process that has no time left. */
  discard(): void {
    this.#process?.kill('SIGKILL')
    running.delete(this)
    // A process just killed may still be making files.
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }

  async #start(): Promise<void> {
    const config = join(this.#directory, 'config.capnp')
    const state = { offset: this.#offset, locations: this.kv.locations }
    writeFileSync(config, configuration(this.#options, state, this.disk))
    // workerd tells the ports it got on descriptor 3 once it listens on them: nobody looks for free ones, or polls.
    const child = spawn(WORKERD, ['serve', '--import-path=/', '--control-fd=3', config], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    this.#process = child
    this.#closed = new Promise((resolve) => child.once('close', resolve))
    child.once('error', ({ message }) => this.errors.all.push(message))
    this.logs.follow(child.stdout as Readable)
    this.errors.follow(child.stderr as Readable)

    try {
      this.#ports = await listening(child, socketNames(this.#options))
    } catch (cause) {
      await this.#end('SIGKILL')
      throw new Error(`workerd does not start:\n${this.errors.all.join('\n')}`, { cause })
    }
    // A test that forgot to stop its stack shall end all the same.
    child.unref()
    for (const stream of child.stdio) (stream as Socket | null)?.unref()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = undefined
    this.#ports.clear()
    if (!child) return
    child.ref()
    child.kill(signal)
    // A request that is never answered would keep workerd from ending.
    const impatience = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS)
    await this.#closed
    clearTimeout(impatience)
  }

  async #control(socket: string, call: string, argument: unknown): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#port(socket)}/${call}`, {
      method: 'POST',
      body: JSON.stringify(argument),
      signal: AbortSignal.timeout(CONTROL_TIMEOUT_MS),
    })
    const body = await response.text()
    if (!response.ok) throw new Error(`${socket}: ${call}: ${response.status} ${body}\n${this.errors.all.join('\n')}`)
    return body === '' ? undefined : JSON.parse(body)
  }

  #port(socket: string): number {
    const port = this.#ports.get(socket)
    if (port === undefined) throw new Error(`nothing listens as ${socket}`)
    return port
  }

  get #first(): string {
    return instanceNames(this.#options)[0] ?? 'main'
  }

  /** What the Workers are set to. */
  get vars(): Record<string, string> {
    return { ...this.#options.vars }
  }

  /** Where everything that is stored lies. */
  get disk(): string {
    return join(this.#directory, 'disk')
  }
}

/** The ports of these sockets, when workerd listens on all of them. */
async function listening(child: ChildProcess, sockets: string[]): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const event = JSON.parse(line) as { event: string; socket: string; port: number }
    if (event.event === 'listen') ports.set(event.socket, event.port)
    if (sockets.every((socket) => ports.has(socket))) return ports
  }
  throw new Error('it ended before it listened')
}

const running = new Set<Stack>()

function discardAll(): void {
  for (const stack of running) stack.discard()
}

process.once('exit', discardAll)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    discardAll()
    process.kill(process.pid, signal)
  })
}

const DRAIN_MS = 5_000
const CONTROL_TIMEOUT_MS = 20_000
const WORKERD = (createRequire(import.meta.url)('workerd') as { default: string }).default
