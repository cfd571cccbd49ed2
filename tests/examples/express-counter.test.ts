import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

import { Browser } from '../support/browser.ts'
import { startExample } from '../support/example.ts'

const password = 'correct horse'
const env = { SESSION_KEYS: generateKeys(), COOKIE_SECRET: 'a secret for cookies', ANN_PASSWORD: password }
const app = await startExample('express-counter/app.ts', env)
after(() => app.stop())

interface Me {
  user: string
  sessions: { isThisOne: boolean }[]
}

async function loggedIn(): Promise<Browser> {
  const browser = new Browser(app.url)
  const response = await browser.post('/login', { username: 'ann', password })
  assert.deepEqual(await response.json(), { user: 'ann' })
  return browser
}

const isNobody = async (browser: Browser) => (await browser.fetch('/me')).status === 401

describe('examples/express-counter', () => {
  it('counts', async () => {
    const browser = new Browser(app.url)
    for (const views of [1, 2, 3]) assert.deepEqual(await (await browser.fetch('/')).json(), { views })
  })

  it('refuses a wrong password, and one of nobody', async () => {
    for (const form of [{ username: 'ann', password: 'wrong' }, { username: 'bob', password }]) {
      const browser = new Browser(app.url)
      assert.equal((await browser.post('/login', form)).status, 401)
      assert.ok(await isNobody(browser))
    }
  })

  it('logs in under a new ID: the one from before is dead (session fixation)', async () => {
    const browser = new Browser(app.url)
    await browser.fetch('/')
    const mallory = browser.copy()
    await browser.post('/login', { username: 'ann', password })
    assert.notEqual(browser.cookies.get('connect.sid'), mallory.cookies.get('connect.sid'))
    assert.ok(await isNobody(mallory))
    const { user, sessions } = (await (await browser.fetch('/me')).json()) as Me
    assert.deepEqual([user, sessions.map(({ isThisOne }) => isThisOne)], ['ann', [true]])
    await browser.post('/logout')
  })

  it('logs out: the cookie from before opens nothing', async () => {
    const browser = await loggedIn()
    const before = browser.copy()
    assert.deepEqual(await (await browser.post('/logout')).json(), { user: null })
    assert.ok(await isNobody(browser))
    assert.ok(await isNobody(before))
  })

  it('logs out everywhere', async () => {
    const [phone, laptop] = [await loggedIn(), await loggedIn()]
    const { sessions } = (await (await phone.fetch('/me')).json()) as Me
    assert.equal(sessions.length, 2)
    assert.deepEqual(await (await phone.post('/logout-everywhere')).json(), { ended: 2 })
    for (const browser of [phone, laptop]) assert.ok(await isNobody(browser))
  })
})

it('keys are what it asks for first', async () => {
  await assert.rejects(startExample('express-counter/app.ts', { ...env, SESSION_KEYS: '' }), /Set SESSION_KEYS: npx sealed-session keygen/)
})
