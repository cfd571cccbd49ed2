/** An app with KV of its own, and sessions over it: calls arrive as JSON. */

import { type KVNamespaceLike, type Sessions, SealedSessionError, kvStore, sessions } from 'sealed-session'

interface Env {
  SESSIONS: KVNamespaceLike
  SESSION_KEYS: string
}

let cached: Sessions<unknown> | undefined

export default {
  async fetch(request: Request, env: Env, context: { waitUntil(work: Promise<unknown>): void }): Promise<Response> {
    cached ??= sessions<unknown>({ keys: env.SESSION_KEYS, store: kvStore(env.SESSIONS) })
    const waitUntil = (work: Promise<unknown>): void => context.waitUntil(work)
    const { user, call, args } = (await request.json()) as { user?: string; call: string; args: unknown[] }
    try {
      const target = (user === undefined ? cached : cached.user(user)) as unknown as Record<string, (...args: unknown[]) => unknown>
      const options = { ...(args.at(-1) as object), waitUntil }
      return Response.json({ value: await target[call]?.(...args.slice(0, -1), options) })
    } catch (error) {
      if (!(error instanceof SealedSessionError)) throw error
      return Response.json({ code: error.code, field: error.field })
    }
  },
}
