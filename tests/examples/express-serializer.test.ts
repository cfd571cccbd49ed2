import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { createClient } from 'redis'
import { generateKeys } from 'sealed-session'

import { Browser } from '../support/browser.ts'
import { startExample } from '../support/example.ts'
import { sidOf } from '../support/express-app.ts'
import { Redis, redisIsMissing } from '../support/redis.ts'

const skip = redisIsMissing()

describe('examples/express-serializer', { skip }, async () => {
  if (skip) return
  const redis = await Redis.start()
  const env = { SESSION_KEYS: generateKeys(), COOKIE_SECRET: 'a secret for cookies', REDIS_URL: redis.url }
  let app = await startExample('express-serializer/app.ts', env)
  const client = await createClient({ url: redis.url }).connect()
  after(async () => {
    client.destroy()
    await app.stop()
    await redis.stop()
  })

  it('counts, also after a restart, and Redis holds no count', async () => {
    const browser = new Browser(app.url)
    for (const views of [1, 2]) assert.deepEqual(await (await browser.fetch('/')).json(), { views })
    await app.stop()
    app = await startExample('express-serializer/app.ts', env)
    assert.deepEqual(await (await browser.at(app.url).fetch('/')).json(), { views: 3 })

    // The name is the session's ID: what a store that is not wrapped gives away.
    const sid = sidOf(browser.cookies.get('connect.sid'))
    assert.deepEqual(await client.keys('*'), [`sess:${sid}`])
    const value = (await client.get(`sess:${sid}`)) ?? ''
    assert.match(value, /^[\w-]{100,}$/)
  })

  it('starts a new session where a value does not open', async () => {
    const browser = new Browser(app.url)
    await browser.fetch('/')
    const sid = sidOf(browser.cookies.get('connect.sid'))
    await client.set(`sess:${sid}`, JSON.stringify({ cookie: {}, views: 1000 }))
    assert.deepEqual(await (await browser.fetch('/')).json(), { views: 1 })
  })
})
