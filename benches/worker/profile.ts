/** Which functions the time of our calls goes to: node benches/worker/profile.ts <build with names> [call] [seconds] */

import { loader } from '../support/load.ts'
import { digits, table } from '../support/numbers.ts'
import { Workerd } from '../support/workerd.ts'
import { CASES, type Contender, Prepared, services } from './contenders.ts'
import { nativeProfile } from './native.ts'

/** https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

async function profile(build: string, call: string, seconds: number, contender: Contender): Promise<string> {
  const of = CASES.find((each) => each.worker === contender && each.call === call)
  if (!of) throw new Error(`${contender} has no call ${call}`)
  const { kv, [of.worker]: service } = services(build)
  if (!kv || !service) throw new Error(`no service ${of.worker}`)
  await using workerd = await Workerd.start({ kv, [of.worker]: service }, { inspected: true })
  const { load } = await loader()
  const port = workerd.ports.get(of.worker) ?? 0
  const prepared = await Prepared.for(workerd, [of])
  await prepared.settle()
  const requests = prepared.requests.get(of) ?? []
  await load(port, requests, 16, 2)

  const names = ['kv', of.worker]
  const sessions = await Promise.all(names.map((name) => Session.open(workerd.ports.get('inspector') ?? 0, name)))
  for (const session of sessions) await session.begin()
  const { rate } = await load(port, requests, 16, seconds)
  const profiles = await Promise.all(sessions.map((session) => session.end()))

  return profiles
    .map((each, i) => told(names[i] ?? '', each))
    .concat(`${Math.round(rate)} requests/s while it was watched, 16 connections`)
    .join('\n\n')
}

/** A connection to the inspector of one isolate. */
class Session {
  readonly #socket: WebSocket
  #next = 1

  static async open(port: number, service: string): Promise<Session> {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { id: string; webSocketDebuggerUrl: string }[]
    const target = targets.find(({ id }) => id === `core:user:${service}` || id === service || id.endsWith(`:${service}`))
    if (!target) throw new Error(`the inspector knows no ${service}: ${JSON.stringify(targets)}`)
    const socket = new WebSocket(target.webSocketDebuggerUrl)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error(`no inspector of ${service}`)))
    })
    return new Session(socket)
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  async begin(): Promise<void> {
    await this.#call('Profiler.enable')
    await this.#call('Profiler.setSamplingInterval', { interval: SAMPLING_US })
    await this.#call('Profiler.start')
  }

  async end(): Promise<Profile> {
    const { profile } = (await this.#call('Profiler.stop')) as { profile: Profile }
    this.#socket.close()
    return profile
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = this.#next
    this.#next += 1
    return new Promise((resolve, reject) => {
      const listen = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: { message: string } }
        if (answer.id !== id) return
        this.#socket.removeEventListener('message', listen)
        if (answer.error) reject(new Error(`${method}: ${answer.error.message}`))
        else resolve(answer.result)
      }
      this.#socket.addEventListener('message', listen)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }
}

/** Self time by function, as shares of the time in which the isolate was not idle. */
function told(name: string, { nodes, samples, timeDeltas }: Profile): string {
  const named = new Map(nodes.map(({ id, callFrame }) => [id, title(callFrame)]))
  const self = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const title = named.get(id) ?? '?'
    self.set(title, (self.get(title) ?? 0) + (timeDeltas[i] ?? 0))
  }
  const idle = self.get('(idle)') ?? 0
  self.delete('(idle)')
  const busy = [...self.values()].reduce((sum, time) => sum + time, 0)
  const rows = [...self].toSorted((a, b) => b[1] - a[1]).slice(0, MOST_ROWS)
  return [
    `${name}: busy ${Math.round(busy / 1e3)} ms, idle ${Math.round(idle / 1e3)} ms, ${samples.length} samples`,
    table(['function', 'self %'], rows.map(([title, time]) => [title, digits((time / busy) * 100)])),
  ].join('\n')
}

function title({ functionName, url, lineNumber }: Profile['nodes'][0]['callFrame']): string {
  const place = url.startsWith('wasm') ? 'wasm' : url === '' ? '' : `${url.split('/').at(-1)}:${lineNumber + 1}`
  return [functionName === '' ? '(anonymous)' : functionName.replace(/::h[0-9a-f]{16}$/u, ''), place].join(' ').trim()
}

const SAMPLING_US = 100
const MOST_ROWS = Number(process.env['BENCH_ROWS'] ?? 25)

const [build = 'build', call = 'read', seconds = '5'] = process.argv.slice(2)
console.log(await profile(build, call, Number(seconds), 'ours'))
const native = await nativeProfile(build, call, Number(seconds))
console.log(native === undefined ? '\nFor what workerd does itself, install perf.' : `\n${native}`)
