/**
 * Workers KV as a service of workerd, as small and as fast as it can be: a Map. No cache, no limits, no expiry, no list.
 * It stands behind every Worker that is measured, so that what is measured is the Workers.
 */

/** By the key as it stands in the URL. @type {Map<string, { value: ArrayBuffer, metadata: string | null }>} */
const entries = new Map()

export default {
  /** @param {Request} request */
  async fetch(request) {
    const key = keyIn(request.url)
    if (request.method === 'GET') return get(key)
    // To its end, or a binding that cannot write out its value never sees the answer.
    const value = await request.arrayBuffer()
    if (request.method === 'DELETE') entries.delete(key)
    else put(key, { value, metadata: request.headers.get('CF-KV-Metadata') })
    return new Response()
  },
}

function get(key) {
  const entry = entries.get(key)
  if (entry === undefined) return new Response(null, { status: 404 })
  entries.delete(key)
  entries.set(key, entry)
  const { value, metadata } = entry
  return metadata === null ? new Response(value) : new Response(value, { headers: { 'CF-KV-Metadata': metadata } })
}

/** Forgets what was not used for longest when there is much: a run that creates sessions shall not fill the memory. */
function put(key, entry) {
  entries.delete(key)
  entries.set(key, entry)
  if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value)
}

function keyIn(url) {
  const start = url.indexOf('/', 'http://'.length) + 1
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

const MAX_ENTRIES = 30_000
