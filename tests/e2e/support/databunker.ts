/** Calls as a Databunker client makes them. Every answer goes past the contract. */

import { judge } from './contract.ts'
import type { Deployment } from './deployment.ts'

export interface Sent {
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is. */
  raw?: string
  headers?: Record<string, string>
}

export interface Told {
  status: number
  text: string
  /** The body, where it is JSON. */
  body: unknown
}

/** A caller by `X-Bunker-Token`, at the base URL that a moved client has. */
export class Bunker {
  readonly #deployment: Deployment
  readonly #token: string | null

  constructor(deployment: Deployment, token: string | null = deployment.token) {
    this.#deployment = deployment
    this.#token = token
  }

  async send(method: string, path: string, { body, raw, headers = {} }: Sent = {}): Promise<Told> {
    const sent = new Headers(headers)
    if (this.#token !== null && !sent.has('X-Bunker-Token')) sent.set('X-Bunker-Token', this.#token)
    if (body !== undefined) sent.set('Content-Type', 'application/json')
    const text = raw ?? (body === undefined ? null : JSON.stringify(body))
    // As bytes, since fetch would declare a type for a string.
    const init = { method, headers: sent, body: text === null ? null : new TextEncoder().encode(text) }
    const response = await this.#deployment.stack.fetch(`/databunker${path}`, init)
    const answer = { status: response.status, text: await response.text() }
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && answer.text !== ''
    // A slash at the end is passed over, which the contract need not say of each path.
    const known = `/databunker${path.replace(/\/$/u, '')}`
    if (isJson) judge({ method, path: known, sent: body, headers: response.headers, ...answer })
    return { ...answer, body: isJson ? JSON.parse(answer.text) : undefined }
  }

  session(method: string, id: string, body?: unknown): Promise<Told> {
    return this.send(method, `/v1/session/${id}`, body === undefined ? {} : { body })
  }

  pro(name: string, body: unknown, headers: Record<string, string> = {}): Promise<Told> {
    return this.send('POST', `/v2/${name}`, { body, headers })
  }
}

