/** One KV get, passed on as it is: what the platform costs a Worker that does nothing with what it reads. */
export default {
  /** @param {Request} request */
  async fetch(request, { SESSIONS: kv }) {
    const key = request.headers.get('Session-Id')
    if (request.method === 'PUT') {
      await kv.put(key, await request.arrayBuffer())
      return new Response(null, { status: 204 })
    }
    const value = await kv.get(key, OPTIONS)
    return value === null ? new Response(null, { status: 404 }) : new Response(value)
  },
}

const OPTIONS = { type: 'arrayBuffer', cacheTtl: 30 }
