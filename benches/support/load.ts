/** Puts load on a server, for a time and from a number of connections, each of which waits for one answer at a time. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { percentile } from './numbers.ts'

export interface Request {
  method: string
  path: string
  headers?: Record<string, string>
  body?: string
}

export interface Load {
  requests: number
  /** Per second. */
  rate: number
  /** Milliseconds. */
  p50: number
  p99: number
}

/**
 * Sends the requests in turn to what listens on a port of this machine. Answers that are refusals fail it, by their status or by a
 * text in them.
 */
export type Loader = (port: number, requests: Request[], connections: number, seconds: number, refusal?: string) => Promise<Load>

/** wrk where it is installed, else a loader in Node: the better of the two that is there. */
export async function loader(): Promise<{ name: string; load: Loader }> {
  try {
    // It has no option that ends well.
    await run('wrk', ['--version']).catch((error: { code?: unknown }) => {
      if (error.code === 'ENOENT') throw error
    })
    return { name: 'wrk', load: withWrk }
  } catch {
    return { name: 'sockets of Node', load: withSockets }
  }
}

const withWrk: Loader = async (port, requests, connections, seconds, refusal) => {
  const directory = mkdtempSync(join(tmpdir(), 'sealed-session-load-'))
  try {
    const file = join(directory, 'requests')
    writeFileSync(file, Buffer.concat(requests.map((request) => wire(request, port)).flatMap(withLength)))
    const flags = ['--threads', '1', '--connections', `${connections}`, '--duration', `${seconds}s`, '--script', LUA]
    const { stdout } = await run('wrk', [...flags, `http://127.0.0.1:${port}`, '--', file, ...(refusal === undefined ? [] : [refusal])], {
      timeout: (seconds + SLACK_SECONDS) * 1_000,
      killSignal: 'SIGKILL',
    })
    const line = stdout.split('\n').findLast((text) => text.startsWith('{')) ?? '{}'
    const told = JSON.parse(line) as Record<'requests' | 'seconds' | 'p50' | 'p99' | 'refused' | 'broken', number>
    if (told.refused > 0 || told.broken > 0 || !(told.requests > 0)) throw new Error(`not all was answered: ${line}`)
    const { requests: count, p50, p99 } = told
    return { requests: count, rate: count / told.seconds, p50: p50 / 1_000, p99: p99 / 1_000 }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const withSockets: Loader = async (port, requests, connections, seconds, refusal) => {
  const raw = requests.map((request) => wire(request, port))
  const began = performance.now()
  const until = began + seconds * 1_000
  const latencies: number[] = []
  let next = 0
  const client = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      let sent = 0
      let received = Buffer.alloc(0)
      const send = (): void => {
        sent = performance.now()
        if (sent >= until || latencies.length >= MOST_REQUESTS) return void socket.end(resolve)
        socket.write(raw[next % raw.length] as Buffer)
        next += 1
      }
      socket.setNoDelay(true)
      socket.on('error', reject)
      socket.on('connect', send)
      socket.on('data', (chunk) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        const answer = answerIn(received)
        if (answer === undefined) return
        const isRefused = answer.status >= 400 || (refusal !== undefined && received.includes(refusal))
        if (isRefused || received.length !== answer.length) {
          return void socket.destroy(new Error(`not answered as it should be: ${answer.status}`))
        }
        received = Buffer.alloc(0)
        latencies.push(performance.now() - sent)
        send()
      })
    })
  await Promise.all(Array.from({ length: connections }, client))
  const elapsed = (performance.now() - began) / 1_000
  const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)]
  return { requests: latencies.length, rate: latencies.length / elapsed, p50, p99 }
}

/** The status and the length of a whole answer, once it is there. */
function answerIn(bytes: Buffer): { status: number; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end)
  const status = Number(head.slice(9, 12))
  const announced = /\r\ncontent-length: (\d+)/iu.exec(head)?.[1]
  if (announced !== undefined) {
    const length = end + 4 + Number(announced)
    return bytes.length >= length ? { status, length } : undefined
  }
  if (!/\r\ntransfer-encoding: chunked/iu.test(head)) return { status, length: end + 4 }
  return bytes.indexOf('\r\n0\r\n\r\n', end) === -1 ? undefined : { status, length: bytes.length }
}

function wire({ method, path, headers = {}, body = '' }: Request, port: number): Buffer {
  const length = body === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
  const lines = Object.entries({ Host: `127.0.0.1:${port}`, ...headers, ...length }).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

const withLength = (bytes: Buffer): Buffer[] => [Buffer.from(`${bytes.length}\n`), bytes]

const run = promisify(execFile)
const LUA = fileURLToPath(new URL('wrk.lua', import.meta.url))
/** What wrk takes to begin and to end. */
const SLACK_SECONDS = 10
const MOST_REQUESTS = 1_000_000
