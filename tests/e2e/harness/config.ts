/** What workerd is told: one service per Worker instance, one for KV, sockets on ports that the kernel picks. */

import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { LocationSettings } from './kv.ts'

export interface Options {
  /** What the Worker was built to: a directory with `index.js` and its `.wasm` files, or one `.js` file. */
  build: string
  /** Secrets and variables. */
  vars?: Record<string, string>
  /** The name of the KV binding; null for a Worker without one. */
  kvBinding?: string | null
  /**
   * Copies of the Worker, each an isolate of its own, under names that {@link Stack.fetch} takes. The first is the
   * one meant where no name is given. Without this option there is one, `main`, at location `A`.
   */
  instances?: Record<string, Instance>
  /** How far the clock is ahead of the machine's at the start, in milliseconds; alarms keep to the machine's. */
  offset?: number
  /** Durable Objects that the Worker exports. They live on disk, in the first instance; all instances bind to them. */
  durableObjects?: { binding: string; className: string }[]
}

/** A copy of the Worker. What it leaves out is as in {@link Options}; its vars are added to those there. */
export interface Instance {
  /** Whose KV it talks to. */
  location?: string
  build?: string
  vars?: Record<string, string>
}

/** What outlives a restart. */
export interface State {
  offset: number
  locations: Record<string, LocationSettings>
}

/** The names of the sockets: what an instance listens on, and where its clock and KV are turned. */
export const workerSocket = (instance: string): string => `worker-${instance}`
export const clockSocket = (instance: string): string => `clock-${instance}`
export const KV_SOCKET = 'kv'

export const instanceNames = (options: Options): string[] => Object.keys(instancesOf(options))

/** The configuration, for a workerd that keeps its Durable Objects in `disk`. Paths in it need `--import-path=/`. */
export function configuration(options: Options, state: State, disk: string): string {
  const services = [
    kvService(state),
    ...Object.entries(instancesOf(options)).map(([name, own]) => instance(options, state, name, own)),
    ...effects(disk),
  ]
  const sockets = [
    socket(KV_SOCKET, designator('kv', 'Control')),
    ...instanceNames(options).map((name) => socket(workerSocket(name), text(service(name)))),
    ...instanceNames(options).map((name) => socket(clockSocket(name), designator(service(name), 'Control'))),
  ]
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${services.join(',\n    ')},
  ],
  sockets = [
    ${sockets.join(',\n    ')},
  ],
);
`
}

/** Every socket that {@link configuration} opens. */
export const socketNames = (options: Options): string[] => [
  KV_SOCKET,
  ...instanceNames(options).flatMap((name) => [workerSocket(name), clockSocket(name)]),
]

const instancesOf = ({ instances = { main: {} } }: Options): Record<string, Instance> => instances

function kvService(state: State): string {
  const others = readdirSync(KV_SIM).filter((file) => file.endsWith('.js') && !['main.js', 'probe.js'].includes(file))
  return worker('kv', {
    modules: [
      ...['main.js', ...others].map((file) => esModule(file, join(KV_SIM, file))),
      jsonModule('start.json', state),
    ],
    bindings: ['(name = "CENTRAL", durableObjectNamespace = "Central")'],
    objects: [objectNamespace('kv', 'Central')],
  })
}

function instance(options: Options, { offset }: State, name: string, own: Instance): string {
  const { kvBinding = 'SESSIONS', durableObjects = [] } = options
  const first = instanceNames(options)[0] ?? name
  const hosts = name === first
  return worker(service(name), {
    modules: [
      ...['entry.js', 'clock.js'].map((file) => esModule(file, join(HARNESS, file))),
      jsonModule('start.json', { offset }),
      ...builtModules(own.build ?? options.build),
    ],
    bindings: [
      ...Object.entries({ ...options.vars, ...own.vars }).map(([key, value]) => variable(key, value)),
      ...(kvBinding === null ? [] : [`(name = ${text(kvBinding)}, kvNamespace = ${location(own.location ?? 'A')})`]),
      ...durableObjects.map(({ binding, className }) => {
        const namespace = `(className = ${text(className)}${hosts ? '' : `, serviceName = ${text(service(first))}`})`
        return `(name = ${text(binding)}, durableObjectNamespace = ${namespace})`
      }),
    ],
    objects: hosts ? durableObjects.map(({ className }) => objectNamespace('worker', className)) : [],
  })
}

function builtModules(given: string): string[] {
  const build = resolve(given)
  if (statSync(build).isFile()) return [esModule('index.js', build)]
  const wasm = readdirSync(build).filter((file) => file.endsWith('.wasm'))
  return [
    esModule('index.js', join(build, 'index.js')),
    ...wasm.map((file) => `(name = ${text(file)}, wasm = embed ${text(join(build, file))})`),
  ]
}

function worker(name: string, parts: Record<'modules' | 'bindings' | 'objects', string[]>): string {
  const { modules, bindings, objects } = parts
  return `(name = ${text(name)}, worker = (
      compatibilityDate = "${COMPATIBILITY_DATE}",
      modules = [${modules.join(', ')}],
      bindings = [${bindings.join(', ')}],
      durableObjectNamespaces = [${objects.join(', ')}],
      ${objects.length > 0 ? 'durableObjectStorage = (localDisk = "disk"),' : ''}
    ))`
}

/** The disk, and a network on which nothing may be reached: a Worker that calls out fails its test. */
const effects = (disk: string): string[] => [
  `(name = "disk", disk = (path = ${text(disk)}, writable = true))`,
  '(name = "internet", network = (allow = []))',
]

const service = (instance: string): string => `worker-${instance}`

const socket = (name: string, to: string): string =>
  `(name = ${text(name)}, address = "127.0.0.1:0", http = (), service = ${to})`

const designator = (name: string, entrypoint: string): string =>
  `(name = ${text(name)}, entrypoint = ${text(entrypoint)})`

/** On disk its objects are found by the owner and the class, whichever instance hosts them. */
const objectNamespace = (owner: string, className: string): string =>
  `(className = ${text(className)}, uniqueKey = ${text(`${owner}-${className}`)}, enableSql = true)`

const location = (name: string): string => `(name = "kv", props = (json = ${text(JSON.stringify({ location: name }))}))`

const variable = (name: string, value: string): string => `(name = ${text(name)}, text = ${text(value)})`

const esModule = (name: string, path: string): string => `(name = ${text(name)}, esModule = embed ${text(path)})`

const jsonModule = (name: string, value: unknown): string =>
  `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`

/** A string of Cap'n Proto. Its escapes are those of C, so control characters cannot be JSON's. */
function text(value: string): string {
  const escaped = value.replaceAll(/[^ !#-[\]-~\u{80}-\u{10ffff}]/gu, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}

const COMPATIBILITY_DATE = '2026-11-01'
const HARNESS = fileURLToPath(new URL('.', import.meta.url))
const KV_SIM = fileURLToPath(new URL('../../kv-sim/', import.meta.url))
