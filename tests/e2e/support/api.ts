/** Calls of the API as values, and a client whose every answer goes past the contract. */

import assert from 'node:assert/strict'

import type { Stack } from '../harness/workerd.ts'
import { judge } from './contract.ts'

/** A call, and the type of what it answers when all is well. */
export interface Call<Answer = unknown> {
  method: string
  path: string
  session?: string
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is. */
  raw?: string | Uint8Array<ArrayBuffer> | ReadableStream
  /** The content type; null for none. */
  type?: string | null
  headers?: Record<string, string>
  /** Only its type matters. */
  answer?: Answer
}

export interface Created {
  id: string
  handle: string
  csrf: string
  version: string
  created_at: string
  expires_at: string
  idle_expires_at: string
}

export type Written = Omit<Created, 'id'> & { last_seen_at: string }

export type Session = Written & { data: unknown; user: string | null; label: string | null }

export interface Status {
  version: string
  store: string
  revocation_bound_seconds: number
  assumed_kv_visibility_seconds: number
  key_ids: string[]
  unknown_key_ids_met: number
}

export interface Problem {
  title: string
  status: number
  code: string
  detail?: string
  field?: string
}

type More = Omit<Partial<Call>, 'answer'>

export const create = (body?: unknown, more: More = {}): Call<Created> => {
  return { method: 'POST', path: '/v1/sessions', body, ...more }
}

export const read = (session: string, more: More = {}): Call<Session> => {
  return { method: 'GET', path: '/v1/session', session, ...more }
}

export const replace = (session: string, body: unknown, more: More = {}): Call<Written> => {
  return { method: 'PUT', path: '/v1/session', session, body, ...more }
}

export const patch = (session: string, body: unknown, more: More = {}): Call<Written> => {
  return { method: 'PATCH', path: '/v1/session', session, body, type: 'application/merge-patch+json', ...more }
}

export const regenerate = (session: string, body?: unknown, more: More = {}): Call<Created> => {
  return { method: 'POST', path: '/v1/session/regenerate', session, body, ...more }
}

export const end = (session: string, more: More = {}): Call<undefined> => {
  return { method: 'DELETE', path: '/v1/session', session, ...more }
}

export interface UserSession {
  handle: string
  label: string | null
  created_at: string
  joined_at: string
  last_seen_at: string
  expires_at: string
  idle_expires_at: string
}

export interface UserSessions {
  sessions: UserSession[]
  next: string | null
}

export interface Revoked {
  ended: number
  more: boolean
  next: string | null
  revocation_bound_seconds: number
}

export interface Erased extends Omit<Revoked, 'ended'> {
  receipt: string
  sessions_ended: number
  complete_by: string
  partial: boolean
}

export interface Verdict {
  authentic: boolean
  about_user?: boolean | null
  sessions_ended?: number
}

/** A call about a user, perhaps the next of several. */
const about = (user: string, { headers, ...more }: More & { cursor?: string | null }, path: string): More & { path: string } => {
  const { cursor, ...rest } = more
  const query = cursor ? `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}` : ''
  return { path: `${path}${query}`, headers: { 'User-Id': encodeURIComponent(user), ...headers }, ...rest }
}

type Paged = More & { cursor?: string | null }

export const list = (user: string, limit = 100, more: Paged = {}): Call<UserSessions> => {
  return { method: 'GET', ...about(user, more, `/v1/user/sessions?limit=${limit}`) }
}

export const revokeAll = (user: string, more: Paged = {}): Call<Revoked> => {
  return { method: 'DELETE', ...about(user, more, '/v1/user/sessions') }
}

export const revokeOne = (user: string, handle: string, more: More = {}): Call<undefined> => {
  return { method: 'DELETE', ...about(user, more, `/v1/user/sessions/${handle}`) }
}

export const exportUser = (user: string, more: Paged = {}): Call<{ sessions: UserSession[]; session: Session | null }> => {
  return { method: 'GET', ...about(user, more, '/v1/user/export') }
}

export const erase = (user: string, more: Paged = {}): Call<Erased> => {
  return { method: 'DELETE', ...about(user, more, '/v1/user') }
}

export const verify = (receipt: string, user?: string): Call<Verdict> => {
  const headers: Record<string, string> = user === undefined ? {} : { 'User-Id': encodeURIComponent(user) }
  return { method: 'POST', path: '/v1/receipts/verify', body: { receipt }, headers }
}

export const status: Call<Status> = { method: 'GET', path: '/v1/status' }

export const ifMatch = (tag: string): { headers: Record<string, string> } => ({ headers: { 'If-Match': tag } })

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The body, where there is one; what it is, the contract has seen to. */
  body: unknown
}

/** A caller with a token, at an instance of the Worker. */
export class Api {
  readonly #stack: Stack
  readonly #token: string | null
  readonly #instance: string | undefined
  readonly #answered: { count: number }

  constructor(stack: Stack, token: string | null, instance?: string, answered = { count: 0 }) {
    this.#stack = stack
    this.#token = token
    this.#instance = instance
    this.#answered = answered
  }

  /** The same caller elsewhere. */
  at(instance: string): Api {
    return new Api(this.#stack, this.#token, instance, this.#answered)
  }

  /** Somebody else at the same place; null for somebody without a token. */
  as(token: string | null): Api {
    return new Api(this.#stack, token, this.#instance, this.#answered)
  }

  /** How many calls were answered: this caller's, and those of callers made from it. */
  get answered(): number {
    return this.#answered.count
  }

  /** Sends a call. Whatever comes back is what the contract has for it. */
  async send(call: Call): Promise<Answer> {
    const { method, path, session, body, type = body === undefined ? null : 'application/json' } = call
    const headers = new Headers(call.headers)
    if (this.#token !== null && !headers.has('Authorization')) headers.set('Authorization', `Bearer ${this.#token}`)
    if (session !== undefined) headers.set('Session-Id', session)
    if (type !== null) headers.set('Content-Type', type)
    const raw = call.raw ?? (body === undefined ? null : JSON.stringify(body))
    // As bytes, since fetch would declare a type for a string.
    const sent = typeof raw === 'string' ? new TextEncoder().encode(raw) : raw
    // Node wants to be told that a streamed body is sent before the answer is read; the browsers' types do not know it.
    const init: RequestInit & { duplex: 'half' } = { method, headers, body: sent, duplex: 'half' }
    const response = await this.#stack.fetch(path, init, this.#instance)
    const text = await response.text()
    this.#answered.count += 1
    judge({ method, path, sent: body, status: response.status, headers: response.headers, text })
    const answer = { status: response.status, headers: response.headers, text }
    return { ...answer, body: text === '' ? undefined : JSON.parse(text) }
  }

  /** What a call answers that must succeed. */
  async ok<Expected>(call: Call<Expected>): Promise<Expected> {
    const answer = await this.send(call)
    assert.ok(answer.status < 300, `${call.method} ${call.path}: ${answer.status} ${answer.text}`)
    return answer.body as Expected
  }

  /** The code with which a call is refused that must be; with the field after a space, where there is one. */
  async refusal(call: Call): Promise<string> {
    const answer = await this.send(call)
    assert.ok(answer.status >= 400, `${call.method} ${call.path}: ${answer.status} ${answer.text}`)
    const { code, field } = answer.body as Problem
    return field === undefined ? code : `${code} ${field}`
  }

  /** Whether a session can be read. Nothing else than yes and no will do. */
  async isLive(session: string): Promise<boolean> {
    const answer = await this.send(read(session))
    if (answer.status !== 200) assert.equal(answer.status, 404, answer.text)
    return answer.status === 200
  }
}
