import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

import { Browser } from '../support/browser.ts'
import { startExample } from '../support/example.ts'

const app = await startExample('koa/app.ts', { SESSION_KEYS: generateKeys(), COOKIE_SECRET: 'a secret for cookies' })
after(() => app.stop())

const json = async (response: Promise<Response>): Promise<unknown> => (await response).json()

describe('examples/koa', () => {
  it('counts', async () => {
    const browser = new Browser(app.url)
    for (const views of [1, 2, 3]) assert.deepEqual(await json(browser.fetch('/')), { views })
  })

  it('logs in under a new ID, and out', async () => {
    const browser = new Browser(app.url)
    await browser.fetch('/')
    const mallory = browser.copy()
    assert.deepEqual(await json(browser.post('/login/ann')), { user: 'ann' })
    assert.deepEqual(await json(browser.fetch('/me')), { user: 'ann', sessions: 1 })
    assert.deepEqual(await json(mallory.fetch('/me')), { sessions: 0 })
    const before = browser.copy()
    await browser.post('/logout')
    for (const one of [browser, before]) assert.deepEqual(await json(one.fetch('/me')), { sessions: 0 })
  })

  it('logs out everywhere', async () => {
    const [phone, laptop] = [new Browser(app.url), new Browser(app.url)]
    for (const browser of [phone, laptop]) await browser.post('/login/bob')
    assert.deepEqual(await json(laptop.post('/logout-everywhere')), { ended: 2 })
    assert.deepEqual(await json(phone.fetch('/me')), { sessions: 0 })
  })
})
