import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

import { Browser } from '../support/browser.ts'
import { startExample } from '../support/example.ts'

const app = await startExample('fastify/app.ts', { SESSION_KEYS: generateKeys(), COOKIE_SECRET: 'a secret for cookies of 32 bytes' })
after(() => app.stop())

const json = async (response: Promise<Response>): Promise<unknown> => (await response).json()
const post = async (browser: Browser, path: string) => json(browser.fetch(path, { method: 'POST' }))

describe('examples/fastify', () => {
  it('counts, and the store holds neither the ID nor the data', async () => {
    const browser = new Browser(app.url)
    for (const views of [1, 2, 3]) assert.deepEqual(await json(browser.fetch('/')), { views })
    const held = (await json(new Browser(app.url).fetch('/store'))) as [handle: string, stored: object][]
    assert.equal(held.length, 1)
    assert.match(held[0]?.[0] ?? '', /^[\w-]{43}$/)
    assert.deepEqual(Object.keys(held[0]?.[1] ?? {}), ['cookie', 'sealed'])
    const id = decodeURIComponent(browser.cookies.get('sessionId') ?? '').split('.')[0] ?? ''
    assert.equal(id.length, 32)
    for (const needle of [id, 'views']) assert.ok(!JSON.stringify(held).includes(needle))
  })

  it('logs in under a new ID, and out', async () => {
    const browser = new Browser(app.url)
    await browser.fetch('/')
    const mallory = browser.copy()
    assert.deepEqual(await post(browser, '/login/ann'), { user: 'ann' })
    assert.deepEqual(await json(browser.fetch('/')), { views: 2 })
    assert.deepEqual(await json(browser.fetch('/me')), { user: 'ann' })
    assert.deepEqual(await json(mallory.fetch('/me')), { user: null })
    const before = browser.copy()
    await post(browser, '/logout')
    for (const one of [browser, before]) assert.deepEqual(await json(one.fetch('/me')), { user: null })
  })
})
