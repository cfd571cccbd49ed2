/**
 * A Worker that hands its KV binding to a test: `POST [method, ...arguments]`, answered with `{ answer }` or
 * `{ error }`. Bytes travel as `{ "bytes": "<base64>" }`. What it does under other paths is for tests of the harness.
 */

import { DurableObject } from 'cloudflare:workers'

export default {
  async fetch(request, { SESSIONS: kv, MEMO: memos, ...vars }) {
    const { pathname } = new URL(request.url)
    if (pathname === '/memo') return memos.getByName('memo').fetch(request)
    if (pathname === '/now') return Response.json([Date.now(), new Date().getTime()])
    if (pathname === '/vars') return Response.json(vars)
    if (pathname === '/log') return new Response(console.log(await request.text()))
    const [method, ...args] = JSON.parse(await request.text(), revive)
    try {
      const answer = await kv[method](...args)
      return Response.json({ answer: encoded(answer ?? null) })
    } catch (error) {
      return Response.json({ error: error.message })
    }
  },
}

const revive = (_, value) => (typeof value?.bytes === 'string' ? Uint8Array.fromBase64(value.bytes) : value)

function encoded(answer) {
  if (answer instanceof ArrayBuffer) return { bytes: new Uint8Array(answer).toBase64() }
  if (answer instanceof Map) return Object.fromEntries(answer)
  if (answer?.value instanceof ArrayBuffer) return { ...answer, value: encoded(answer.value) }
  return answer
}

/** Keeps a text on disk; for tests of the harness. */
export class Memo extends DurableObject {
  async fetch(request) {
    const text = await request.text()
    if (text !== '') await this.ctx.storage.put('text', text)
    return Response.json([await this.ctx.storage.get('text'), Date.now()])
  }
}
