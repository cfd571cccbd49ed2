/** sealed-session/hono over the Worker: `remoteSessions` in this process, the rules in workerd. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { Hono } from 'hono'
import { remoteSessions } from 'sealed-session'
import { sealedSession } from 'sealed-session/hono'

import { Deployment } from '../e2e/support/deployment.ts'
import { CookieJar } from '../support/cookie-jar.ts'

interface Data {
  visits: number
  note?: string | null
}

const deployment = await Deployment.start()
after(() => deployment.stop())

describe('Hono over the Worker', () => {
  const sessions = remoteSessions<Data>({ url: deployment.stack.url(), token: deployment.token })
  const app = new Hono()
    .use(sealedSession(sessions))
    .get('/visit', async (c) => {
      const visits = ((await c.var.session.get())?.visits ?? 0) + 1
      c.var.session.set({ ...(await c.var.session.get()), visits })
      return c.json(visits)
    })
    .get('/conflict', async (c) => {
      const data = await c.var.session.get()
      await sessions.patch(c.req.header('Cookie')?.split('=')[1] ?? '', { visits: 41 })
      if (data !== undefined) data.note = null
      return c.json(true)
    })
    .get('/data', async (c) => c.json((await c.var.session.get()) ?? null))
    .get('/info', async (c) => c.json([(await c.var.session.info())?.user ?? null, (await c.var.session.csrf()) ?? null]))
    .post('/login', async (c) => {
      await c.var.session.regenerate({ user: 'ann' })
      return c.json(true)
    })
    .post('/logout', async (c) => c.json(await c.var.session.end()))
  const browser = () => new CookieJar(async (path, init) => app.request(path, init))

  it('counts visits, each browser its own', async () => {
    const [one, other] = [browser(), browser()]
    assert.deepEqual([await one.text('/visit'), await one.text('/visit'), await other.text('/visit')], ['1', '2', '1'])
  })

  it('makes a change again in what another request left, null and all', async () => {
    const visitor = browser()
    await visitor.text('/visit')
    await visitor.text('/conflict')
    assert.deepEqual(JSON.parse(await visitor.text('/data')), { visits: 41, note: null })
  })

  it('logs in under a new ID and another CSRF token, and out for good', async () => {
    const visitor = browser()
    await visitor.text('/visit')
    const before = visitor.copy()
    const [nobody, token] = JSON.parse(await visitor.text('/info')) as unknown[]
    await visitor.post('/login')
    const [user, other] = JSON.parse(await visitor.text('/info')) as unknown[]
    assert.deepEqual([nobody, user], [null, 'ann'])
    assert.notEqual(other, token)
    assert.equal(await visitor.text('/visit'), '2')
    assert.equal(await before.text('/data'), 'null')
    const thief = visitor.copy()
    assert.deepEqual(await (await visitor.post('/logout')).json(), { revocationBound: 60 })
    assert.equal(visitor.cookies.size, 0)
    assert.equal(await thief.text('/data'), 'null')
  })
})
