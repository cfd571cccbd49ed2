/** One site on Hono for every runtime: Bun, Deno and workerd take this file as it is, Node by node.ts. */

import { Hono } from 'hono'
import { env } from 'hono/adapter'
import { streamText } from 'hono/streaming'
import { memoryStore, type Sessions, sessions } from 'sealed-session'
import { sealedSession } from 'sealed-session/hono'

interface Data {
  visits: number
  names?: string[]
}

let made = 0
let own: Sessions<Data> | undefined

const app = new Hono()
  .get('/made', (c) => c.json(made))
  .use(
    sealedSession((c) => {
      made += 1
      own ??= sessions<Data>({ keys: env<{ SESSION_KEYS: string }>(c).SESSION_KEYS, store: memoryStore() })
      return own
    }),
  )
  .get('/visit', async (c) => {
    const visits = ((await c.var.session.get())?.visits ?? 0) + 1
    c.var.session.set({ ...(await c.var.session.get()), visits })
    return c.json(visits)
  })
  .get('/data', async (c) => c.json((await c.var.session.get()) ?? null))
  .get('/user', async (c) => c.json((await c.var.session.info())?.user ?? null))
  .get('/csrf', async (c) => c.json((await c.var.session.csrf()) ?? null))
  .get('/static', (c) => c.text('hello', 200, { 'Cache-Control': 'max-age=60' }))
  .post('/login', async (c) => {
    const { user } = await c.req.parseBody<{ user: string }>()
    await c.var.session.regenerate({ user })
    return c.json(true)
  })
  .post('/logout', async (c) => c.json(await c.var.session.end()))
  .get('/throw', async (c) => {
    c.var.session.set({ visits: 1000 })
    throw new Error('broken')
  })
  .get('/stream', (c) =>
    streamText(c, async (stream) => {
      const data = await c.var.session.get()
      if (data !== undefined) data.names = ['streamed']
      await c.var.session.save()
      await stream.write(String(data?.visits))
    }),
  )

export default app
