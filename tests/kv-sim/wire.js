/**
 * What a KV binding of workerd says to the service behind it, and which of it KV refuses.
 *
 * @typedef {object} Call An operation as it came.
 * @property {import('./location.js').Kind | 'bulkGet'} kind
 * @property {string[]} keys Of a list its prefix.
 * @property {URLSearchParams} params
 * @property {string | null} metadata JSON.
 * @property {Uint8Array} body
 *
 * @typedef {object} Operation One that KV does not refuse; which of these there are depends on its kind.
 * @property {import('./location.js').Kind | 'bulkGet'} kind
 * @property {string[]} keys
 * @property {number} [cacheTtl] Seconds.
 * @property {'text' | 'json'} [type] Of a bulk get.
 * @property {boolean} [withMetadata] Of a bulk get.
 * @property {Uint8Array} [value]
 * @property {string | null} [metadata]
 * @property {number | null} [expiration] Unix seconds.
 * @property {number} [limit]
 * @property {string | null} [after] The key that a list goes on after.
 */

import { now } from './clock.js'

/** KV's no, as a status and the text after it; the binding throws both as `KV PUT failed: 400 …`. */
export class Refusal extends Error {
  /** @param {number} status @param {string} [reason] */
  constructor(status, reason = REASONS[status] ?? 'Error') {
    super(reason)
    this.status = status
  }

  response() {
    return new Response(null, { status: this.status, statusText: this.message })
  }
}

/** Receives all of a call: a binding that cannot write out its value never sees the answer. @returns {Promise<Call>} */
export async function received(/** @type {Request} */ request) {
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : new Uint8Array()
  const { pathname, searchParams: params } = new URL(request.url)
  const call = { params, metadata: request.headers.get('CF-KV-Metadata'), body }
  if (request.method === 'POST') {
    return { ...call, kind: 'bulkGet', keys: JSON.parse(new TextDecoder().decode(body)).keys }
  }
  if (pathname === '/') return { ...call, kind: 'list', keys: [params.get('prefix') ?? ''] }
  const kind = request.method === 'PUT' ? 'put' : request.method === 'DELETE' ? 'delete' : 'get'
  return { ...call, kind, keys: [decodeURIComponent(pathname.slice(1))] }
}

/** Lets a call pass that KV would accept. @param {Call} call @returns {Operation} */
export function accepted({ kind, keys, params, metadata, body }) {
  switch (kind) {
    case 'get':
      return { kind, keys: keys.map(checkedKey), cacheTtl: cacheTtl(params.get('cache_ttl')) }
    case 'bulkGet':
      return { kind, ...bulkGet(JSON.parse(new TextDecoder().decode(body))) }
    case 'put':
      return {
        kind,
        keys: keys.map(checkedKey),
        value: checkedValue(body),
        metadata: checkedMetadata(metadata),
        expiration: expiration(params),
      }
    case 'delete':
      return { kind, keys: keys.map(checkedKey) }
    case 'list':
      return { kind, keys: keys.map(checkedLength), limit: limit(params), after: after(params) }
  }
}

/** A page of a list, and the key that the next one goes on after. @param {object[]} keys @param {string | null} next */
export function page(keys, next) {
  if (next === null) return Response.json({ keys, list_complete: true })
  const cursor = `${CURSOR}${new TextEncoder().encode(next).toBase64()}`
  return Response.json({ keys, list_complete: false, cursor })
}

function checkedKey(key) {
  if (key === '') throw new Refusal(400, 'Key names must not be empty')
  if (key === '.' || key === '..') throw new Refusal(400, `Illegal key name "${key}". Please use a different name.`)
  return checkedLength(key)
}

function checkedLength(key) {
  const length = bytesIn(key)
  if (length > MAX_KEY_BYTES) {
    throw new Refusal(414, `UTF-8 encoded length of ${length} exceeds key length limit of ${MAX_KEY_BYTES}.`)
  }
  return key
}

function cacheTtl(given) {
  if (given === null) return DEFAULT_CACHE_TTL
  if (!(Number(given) >= MIN_CACHE_TTL)) {
    throw invalid('cache_ttl', given, `Cache TTL must be at least ${MIN_CACHE_TTL}.`)
  }
  return Number(given)
}

function checkedValue(value) {
  if (value.length > MAX_VALUE_BYTES) {
    throw new Refusal(413, `Value length of ${value.length} exceeds limit of ${MAX_VALUE_BYTES}.`)
  }
  return value
}

function checkedMetadata(json) {
  const length = json === null ? 0 : bytesIn(json)
  if (length > MAX_METADATA_BYTES) {
    throw new Refusal(413, `Metadata length of ${length} exceeds limit of ${MAX_METADATA_BYTES}.`)
  }
  return json
}

/** Unix seconds, counted from a clock rounded down to whole ones. */
function expiration(params) {
  const [ttl, at, second] = [params.get('expiration_ttl'), params.get('expiration'), Math.floor(now() / 1_000)]
  if (ttl !== null) {
    if (!(Number(ttl) > 0)) throw invalid('expiration_ttl', ttl, 'Please specify integer greater than 0.')
    if (Number(ttl) < MIN_EXPIRATION) {
      throw invalid('expiration_ttl', ttl, `Expiration TTL must be at least ${MIN_EXPIRATION}.`)
    }
    return second + Number(ttl)
  }
  if (at === null) return null
  if (!(Number(at) > second)) {
    const rule = 'Please specify integer greater than the current number of seconds since the UNIX epoch.'
    throw invalid('expiration', at, rule)
  }
  if (Number(at) < second + MIN_EXPIRATION) {
    throw invalid('expiration', at, `Expiration times must be at least ${MIN_EXPIRATION} seconds in the future.`)
  }
  return Number(at)
}

function limit(params) {
  const given = Number(params.get('key_count_limit') ?? MAX_PAGE)
  if (!(given >= 1)) throw invalid('key_count_limit', given, 'Please specify an integer greater than 0.')
  if (given > MAX_PAGE) throw invalid('key_count_limit', given, `Please specify an integer less than ${MAX_PAGE}.`)
  return given
}

function after(params) {
  const cursor = params.get('cursor')
  if (cursor === null || cursor === '') return null
  try {
    if (cursor.startsWith(CURSOR)) return new TextDecoder().decode(Uint8Array.fromBase64(cursor.slice(CURSOR.length)))
  } catch {
    // Refused below, as are cursors that are none of ours.
  }
  throw new Refusal(400, 'Invalid cursor')
}

function bulkGet({ keys, type = 'text', withMetadata = false, cacheTtl: ttl = null }) {
  if (type !== 'text' && type !== 'json') throw new Refusal(400, `"${type}" is not a valid type. Use "json" or "text"`)
  if (keys.length > MAX_BULK_KEYS) throw new Refusal(400, `You can request a maximum of ${MAX_BULK_KEYS} keys`)
  if (keys.length < 1) throw new Refusal(400, 'You must request a minimum of 1 key')
  return { keys: keys.map(checkedKey), type, withMetadata, cacheTtl: cacheTtl(ttl) }
}

const invalid = (what, given, why) => new Refusal(400, `Invalid ${what} of ${given}. ${why}`)

const bytesIn = (text) => new TextEncoder().encode(text).length

const CURSOR = 'after:'
const MAX_KEY_BYTES = 512
const MAX_METADATA_BYTES = 1_024
const MAX_PAGE = 1_000
const MAX_BULK_KEYS = 100
const MIN_EXPIRATION = 60
const MIN_CACHE_TTL = 30
const DEFAULT_CACHE_TTL = 60
export const MAX_VALUE_BYTES = 25 * 1024 * 1024

const REASONS = {
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}
