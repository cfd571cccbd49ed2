/**
 * The session API v1 of Databunker 0.8.36, as far as a mover of sessions meets it: listings with offset and limit as that server
 * answers them, its tokens, its errors, expired rows that are listed once more before they are swept.
 */

import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Row {
  session: string
  /** Unix seconds. */
  when: number
  data: Record<string, unknown>
  /** Unix seconds; no answer tells it. */
  endtime: number
}

export class DatabunkerServer {
  readonly token = 'a21fa1d3-5e47-11ef-a729-32e05c6f6c16'
  /** Rows by `mode/identity`; a user who has none is there with an empty list. */
  readonly users = new Map<string, Row[]>()
  /** What was asked, in its order. */
  readonly requests: string[] = []
  /** How many of the next requests find the database locked, as SQLite's does. */
  busy = 0
  /** What happens before a request is answered. */
  before: (path: string) => void = () => {}
  readonly #server = createServer((request, response) => this.#answer(request, response))

  static async start(): Promise<DatabunkerServer> {
    const server = new DatabunkerServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://localhost')
    this.requests.push(`${request.method} ${url.pathname}${url.search}`)
    this.before(url.pathname)
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
    }
    const refused = (message: string): void => json(405, { status: 'error', message })

    const [, mode = '', identity = ''] = /^\/v1\/sessions\/([^/]+)\/([^/]+)$/u.exec(url.pathname) ?? []
    if (mode === '' || request.method !== 'GET') return json(404, { status: 'error', message: 'endpoint is missing' })
    if (!['custom', 'email', 'login', 'phone', 'token'].includes(mode)) return refused('bad mode')
    if (this.busy > 0) {
      this.busy--
      return refused('database is locked (5) (SQLITE_BUSY)')
    }
    const name = decodeURIComponent(identity)
    const rows = this.users.get(`${mode}/${mode === 'email' ? name.toLowerCase() : name}`)
    if (rows === undefined) return refused('not found')
    if (request.headers['x-bunker-token'] !== this.token) {
      response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end('Access denied')
      return
    }
    const [offset, limit] = [number(url, 'offset', 0), Math.min(number(url, 'limit', 10), 100)]
    const page = limit <= 0 ? rows : rows.slice(offset, offset + limit)
    json(200, { status: 'ok', total: rows.length, rows: page.map(({ when, session, data }) => ({ when, session, data })) })
    // Only now: the answer still had them.
    const now = Date.now() / 1000
    rows.splice(0, rows.length, ...rows.filter(({ endtime }) => now <= endtime))
  }
}

function number(url: URL, name: string, otherwise: number): number {
  const text = url.searchParams.get(name) ?? ''
  return /^-?\d+$/u.test(text) ? Number(text) : otherwise
}
