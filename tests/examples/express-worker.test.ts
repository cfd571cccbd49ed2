import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { isSealedSessionError, remoteSessions } from 'sealed-session'
import { SealedStore } from 'sealed-session/express'

import { Deployment } from '../e2e/support/deployment.ts'
import { Browser } from '../support/browser.ts'
import { startExample } from '../support/example.ts'
import type { Server } from '../support/server.ts'
import { sidOf } from '../support/express-app.ts'

for (const store of ['kv', 'durable'] as const) {
  describe(`examples/express-worker, over ${store}`, async () => {
    const deployment = await Deployment.start({ store })
    const [url, token] = [deployment.stack.url(), deployment.token]
    const env = { SESSIONS_URL: url, SESSIONS_TOKEN: token, COOKIE_SECRET: 'a secret for cookies' }
    const servers = [await startExample('express-worker/app.ts', env), await startExample('express-worker/app.ts', env)]
    const [one, two] = servers as [Server, Server]
    after(async () => {
      await Promise.all(servers.map(async (server) => server.stop()))
      await deployment.stop()
    })
    const views = async (browser: Browser) => ((await (await browser.fetch('/')).json()) as { views: number }).views

    it('counts, whichever server is asked', async () => {
      const browser = new Browser(one.url)
      assert.equal(await views(browser), 1)
      await deployment.pause()
      const other = browser.at(two.url)
      assert.equal(await views(other), 2)
      await deployment.pause()
      assert.equal(await views(browser), 3)
    })

    it('a login has a new ID and its user, and a logout is one on both servers', async () => {
      const browser = new Browser(one.url)
      await browser.fetch('/')
      const before = browser.copy()
      await browser.post('/name/ann')
      const sid = sidOf(browser.cookies.get('connect.sid'))
      const { sessions } = await remoteSessions({ url, token }).user('ann').list()
      assert.equal(sessions.length, 1)
      assert.equal((await (await browser.at(two.url).fetch('/')).json() as { name: string }).name, 'ann')
      assert.equal(await views(before), 1, 'the old ID is a stranger')

      await deployment.pause()
      await browser.copy().post('/logout')
      assert.equal(await views(browser.at(two.url)), 1)
      assert.equal(await remoteSessions({ url, token }).read(sid), undefined)
    })

    it('IDs without the form of one are a miss, and an error when saved', async () => {
      const sealedStore = new SealedStore(remoteSessions({ url, token }))
      for (const sid of ['short', 'ü'.repeat(32), 'x'.repeat(129), `${'x'.repeat(31)}\n`]) {
        const answers = await Promise.all([
          new Promise<unknown[]>((resolve) => sealedStore.get(sid, (...answer) => resolve(answer))),
          new Promise((resolve) => sealedStore.destroy(sid, resolve)),
          new Promise((resolve) => sealedStore.set(sid, { cookie: { originalMaxAge: null } }, resolve)),
        ])
        assert.deepEqual(answers.slice(0, 2), [[null, null], null])
        assert.ok(isSealedSessionError(answers[2], 'invalid_session_id'))
      }
    })
  })
}

describe('examples/express-worker, while the Worker is gone', () => {
  it('answers 503', async () => {
    const env = { SESSIONS_TOKEN: `sst_${'x'.repeat(43)}`, COOKIE_SECRET: 'a secret for cookies' }
    await using deployment = await Deployment.start()
    const app = await startExample('express-worker/app.ts', { ...env, SESSIONS_URL: deployment.stack.url(), SESSIONS_TOKEN: deployment.token })
    const browser = new Browser(app.url)
    await browser.fetch('/')
    await deployment.stack.kill()
    try {
      assert.equal((await browser.fetch('/')).status, 503)
    } finally {
      await app.stop()
    }
  })
})
