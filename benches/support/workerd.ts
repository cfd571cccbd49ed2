/** A workerd process for a benchmark: plain services with nothing of a test's around them. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** A Worker: a directory with `index.js` and its wasm, or one module; what it is bound to. */
export interface Service {
  code: string
  vars?: Record<string, string>
  /** Compatibility flags. */
  flags?: string[]
  /** The service behind its KV binding `SESSIONS`. */
  kv?: string
  /** Whether it is bound to the Durable Objects that it exports, which then lie on disk. */
  objects?: true
}

/** One process, and the ports on which its services listen, and its inspector. What is logged goes nowhere. */
export class Workerd {
  readonly ports: Map<string, number>
  readonly #child: ChildProcess
  readonly #directory: string

  static async start(services: Record<string, Service>, { inspected = false } = {}): Promise<Workerd> {
    const directory = mkdtempSync(join(tmpdir(), 'sealed-session-bench-'))
    const config = join(directory, 'config.capnp')
    mkdirSync(join(directory, 'disk'))
    writeFileSync(config, configuration(services, join(directory, 'disk')))
    const flags = ['--import-path=/', '--control-fd=3', ...(inspected ? ['--inspector-addr=127.0.0.1:0'] : [])]
    const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const
    const child = spawn(WORKERD, ['serve', ...flags, config], { stdio: [...stdio] })
    const workerd = new Workerd(child, directory)
    const errors: string[] = []
    createInterface({ input: child.stderr as Readable }).on('line', (line) => errors.push(line))
    try {
      await workerd.#listens([...Object.keys(services), ...(inspected ? ['inspector'] : [])])
    } catch (cause) {
      await workerd.stop()
      throw new Error(`workerd does not start:\n${errors.join('\n')}`, { cause })
    }
    return workerd
  }

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child
    this.#directory = directory
    this.ports = new Map()
    process.once('exit', this.#discard)
  }

  url(service: string): string {
    const port = this.ports.get(service)
    if (port === undefined) throw new Error(`nothing listens as ${service}`)
    return `http://127.0.0.1:${port}`
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Seconds of processor time that it used so far; not a number where the system does not tell. */
  cpuSeconds(): number {
    try {
      // The process's name, which may hold spaces, ends with the last parenthesis; user and system time are fields 14 and 15.
      const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    } catch {
      return Number.NaN
    }
  }

  async stop(): Promise<void> {
    process.off('exit', this.#discard)
    const closed = new Promise((resolve) => this.#child.once('close', resolve))
    this.#discard()
    if (this.#child.exitCode === null && this.#child.signalCode === null) await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  readonly #discard = (): void => {
    this.#child.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }

  async #listens(names: string[]): Promise<void> {
    for await (const line of createInterface({ input: this.#child.stdio[3] as Readable })) {
      const { event, socket, port } = JSON.parse(line) as { event: string; socket?: string; port: number }
      this.ports.set(socket ?? event.replace(/^listen-/u, ''), port)
      if (names.every((name) => this.ports.has(name))) return
    }
    throw new Error('it ended before it listened')
  }
}

function configuration(services: Record<string, Service>, disk: string): string {
  const names = Object.keys(services)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${names.map((name) => service(name, services[name] as Service)).join(',\n    ')},
    (name = "disk", disk = (path = ${text(disk)}, writable = true)),
    (name = "internet", network = (allow = []))
  ],
  sockets = [
    ${names.map((name) => `(name = ${text(name)}, address = "127.0.0.1:0", http = (), service = ${text(name)})`).join(',\n    ')}
  ],
);
`
}

function service(name: string, { code, vars = {}, flags = [], kv, objects }: Service): string {
  const bindings = [
    ...Object.entries(vars).map(([key, value]) => `(name = ${text(key)}, text = ${text(value)})`),
    ...(kv === undefined ? [] : [`(name = "SESSIONS", kvNamespace = ${text(kv)})`]),
    ...(objects ? [`(name = "SHARDS", durableObjectNamespace = "SessionShard")`] : []),
  ]
  return `(name = ${text(name)}, worker = (
      compatibilityDate = "${COMPATIBILITY_DATE}",
      compatibilityFlags = [${flags.map(text).join(', ')}],
      modules = [${modules(code).join(', ')}],
      bindings = [${bindings.join(', ')}]${objects ? OBJECTS : ''}
    ))`
}

function modules(given: string): string[] {
  const code = resolve(given)
  if (code.endsWith('.js')) return [`(name = "index.js", esModule = embed ${text(code)})`]
  const wasm = readdirSync(code).filter((file) => file.endsWith('.wasm'))
  return [
    `(name = "index.js", esModule = embed ${text(join(code, 'index.js'))})`,
    ...wasm.map((file) => `(name = ${text(file)}, wasm = embed ${text(join(code, file))})`),
  ]
}

/** A string of Cap'n Proto; none of ours holds more than JSON and C escape alike. */
const text = (value: string): string => JSON.stringify(value)

const OBJECTS = `,
      durableObjectNamespaces = [(className = "SessionShard", uniqueKey = "SessionShard", enableSql = true)],
      durableObjectStorage = (localDisk = "disk")`
/** wrangler.toml's. */
export const COMPATIBILITY_DATE = '2026-11-01'
/** Linux has had 100 everywhere for decades. */
const TICKS_PER_SECOND = 100
/** The binary. */
export const WORKERD = (createRequire(import.meta.url)('workerd') as { default: string }).default
