/**
 * Workers KV as a service of workerd, as small and as fast as it can be: a Map. No cache, no limits, no expiry, no list.
 * It stands behind every Worker that is measured, so that what is measured is the Workers.
 *
 * What was read once is kept. Of the rest, which a run that creates sessions makes without end, only the latest are: a heap
 * that grows would cost whoever is measured last.
 *
 * @typedef {{ value: ArrayBuffer, metadata: string | null }} Entry
 */

/** Both by the key as it stands in the URL. @type {Map<string, Entry>} */
const kept = new Map()
/** @type {Map<string, Entry>} */
const unread = new Map()

export default {
  /** @param {Request} request */
  async fetch(request) {
    const key = keyIn(request.url)
    if (request.method === 'GET') return get(key)
    // To its end, or a binding that cannot write out its value never sees the answer.
    const value = await request.arrayBuffer()
    if (request.method === 'PUT') put(key, { value, metadata: request.headers.get('CF-KV-Metadata') })
    else for (const entries of [kept, unread]) entries.delete(key)
    return new Response()
  },
}

function get(key) {
  const entry = kept.get(key) ?? found(key)
  if (entry === undefined) return new Response(null, { status: 404 })
  const { value, metadata } = entry
  return metadata === null ? new Response(value) : new Response(value, { headers: { 'CF-KV-Metadata': metadata } })
}

function found(key) {
  const entry = unread.get(key)
  if (entry === undefined) return undefined
  unread.delete(key)
  kept.set(key, entry)
  return entry
}

function put(key, entry) {
  if (kept.has(key)) return void kept.set(key, entry)
  unread.set(key, entry)
  if (unread.size > MAX_UNREAD) unread.delete(unread.keys().next().value)
}

function keyIn(url) {
  const start = url.indexOf('/', 'http://'.length) + 1
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

const MAX_UNREAD = 2_000
