/**
 * What the whole of workerd does during a call, its own C++ included, by sampling its stacks with Linux's perf: its binary
 * has symbols and frame pointers. The inspector sees an isolate from the inside, and this sees what the isolate costs.
 */

import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

import { loader } from '../support/load.ts'
import { digits, table } from '../support/numbers.ts'
import { Workerd } from '../support/workerd.ts'
import { CASES, type Contender, Prepared, services } from './contenders.ts'

/** Microseconds of a call, by what they went to. */
type Shares = Map<string, number>

/** The same call at several Workers, beside each other; undefined where there is no perf. */
export async function nativeProfile(build: string, call: string, seconds: number): Promise<string | undefined> {
  if (!(await run('perf', ['--version']).then(() => true, () => false))) return undefined
  const shares = new Map<Contender, Shares>()
  for (const worker of ['ours', 'by-hand'] as const) shares.set(worker, await sampled(build, worker, call, seconds))
  const names = [...new Set([...shares.values()].flatMap((each) => [...each.keys()]))]
  const cost = (name: string, of: Contender): number => shares.get(of)?.get(name) ?? 0
  const rows = names
    .toSorted((a, b) => cost(b, 'ours') - cost(a, 'ours'))
    .map((name) => [name, digits(cost(name, 'ours')), digits(cost(name, 'by-hand'))])
  const sum = (of: Contender): string => digits([...(shares.get(of)?.values() ?? [])].reduce((a, b) => a + b, 0))
  return `${call}, in µs of workerd’s processor time per call\n${table(['', 'ours', 'by hand'], [...rows, ['all', sum('ours'), sum('by-hand')]])}`
}

async function sampled(build: string, worker: Contender, call: string, seconds: number): Promise<Shares> {
  const of = CASES.find((each) => each.worker === worker && each.call === call)
  const { kv, [worker]: service } = services(build)
  if (!of || !kv || !service) throw new Error(`${worker} has no call ${call}`)
  const directory = mkdtempSync(join(tmpdir(), 'sealed-session-perf-'))
  const file = join(directory, 'perf.data')
  try {
    await using workerd = await Workerd.start({ kv, [worker]: service })
    const { load } = await loader()
    const port = workerd.ports.get(worker) ?? 0
    const prepared = await Prepared.for(workerd, [of])
    await prepared.settle()
    const requests = prepared.requests.get(of) ?? []
    await load(port, requests, 16, 2)
    const flags = ['-e', 'cpu-clock', '-F', `${FREQUENCY}`, '--call-graph', 'fp', '-p', `${workerd.pid}`, '-o', file]
    const perf = run('perf', ['record', ...flags, '--', 'sleep', `${seconds}`])
    const loaded = await load(port, requests, 16, seconds)
    await perf
    const samples = await stacks(file)
    return new Map([...samples].map(([name, count]) => [name, (count / FREQUENCY / loaded.requests) * 1e6]))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** How many samples of each class a recording has. */
async function stacks(file: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const script = spawn('perf', ['script', '-i', file, '-F', 'comm,tid,ip,sym,dso'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let stack: Frame[] = []
  const close = (): void => {
    if (stack.length > 0) counts.set(classOf(stack), (counts.get(classOf(stack)) ?? 0) + 1)
    stack = []
  }
  for await (const line of createInterface({ input: script.stdout })) {
    const frame = /^\s+[0-9a-f]+ (?<symbol>.*) \((?<object>.*)\)$/u.exec(line)?.groups as Frame | undefined
    if (frame) stack.push(frame)
    else close()
  }
  close()
  return counts
}

interface Frame {
  symbol: string
  object: string
}

/** From the innermost frame outwards, the first that says what this is about. */
function classOf(stack: Frame[]): string {
  const leaf = stack[0] as Frame
  for (const { symbol, object } of stack) {
    const found = CLASSES.find(([, pattern]) => pattern.test(symbol))
    if (found) return found[0]
    if (isJit(object) || /^Builtins_(RunMicrotasks|JSEntry)/u.test(symbol)) {
      return isJit(leaf.object) ? 'wasm and JavaScript' : 'V8’s built-ins'
    }
  }
  return leaf.object.includes('kernel') ? 'the operating system' : 'workerd itself: HTTP, event loop, contexts'
}

/** Code that V8 made has no file. */
const isJit = (object: string): boolean => /perf-\d+\.map|JIT|anon/u.test(object)

const CLASSES: [name: string, pattern: RegExp][] = [
  ['garbage collection', /Heap::CollectGarbage|Scavenge/u],
  ['compilation', /compiler::|Turboshaft|OptimizingCompile|Maglev|wasm::.*Compil/u],
  ['new Response', /ConstructorCallback<.*api::Response/u],
  ['headers, method and URL', /api7Headers|api7Request|api::Headers::get|api::Request::get/u],
  ['the KV binding', /KvNamespace/u],
  ['queueMicrotask', /^workerd::api::ServiceWorkerGlobalScope::queueMicrotask|queueMicrotaskERN/u],
  ['console.log', /handleLog|consoleDecorator/u],
  ['TextDecoder, TextEncoder', /TextDecoder|TextEncoder/u],
  ['WebCrypto', /Subtle|subtle|Crypto|HKDF|EVP_|AES_|sha256/u],
  ['waitUntil', /waitUntil/u],
  ['making the entrypoint', /Function<workerd::api::ExportedHandler|tryUnwrap<workerd::api::ExportedHandler|api::WorkerEntrypoint/u],
  ['other calls of the platform', /MethodCallback|GetterCallback|ConstructorCallback|LiftKj_/u],
  ['sending the body', /Response::send|pumpTo/u],
]

const run = promisify(execFile)
/** Samples a second. */
const FREQUENCY = 1_500
