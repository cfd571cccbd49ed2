import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { createClient } from 'redis'
import { generateKeys } from 'sealed-session'

import { Browser } from '../support/browser.ts'
import { startExample } from '../support/example.ts'
import { sidOf } from '../support/express-app.ts'
import { Redis, redisIsMissing } from '../support/redis.ts'

const skip = redisIsMissing()

describe('examples/express-redis', { skip }, async () => {
  if (skip) return
  const redis = await Redis.start()
  const env = { SESSION_KEYS: generateKeys(), COOKIE_SECRET: 'a secret for cookies', REDIS_URL: redis.url }
  let app = await startExample('express-redis/app.ts', env)
  const client = await createClient({ url: redis.url }).connect()
  after(async () => {
    client.destroy()
    await app.stop()
    await redis.stop()
  })

  it('counts, also after a restart, and Redis holds neither the ID nor the count', async () => {
    const browser = new Browser(app.url)
    for (const views of [1, 2]) assert.deepEqual(await (await browser.fetch('/')).json(), { views })
    await app.stop()
    app = await startExample('express-redis/app.ts', env)
    const again = browser.at(app.url)
    assert.deepEqual(await (await again.fetch('/')).json(), { views: 3 })

    const [name = '', ...others] = await client.keys('*')
    assert.deepEqual(others, [])
    const value = (await client.get(name)) ?? ''
    assert.match(name, /^sess:[\w-]{43}$/)
    assert.deepEqual(Object.keys(JSON.parse(value) as object), ['cookie', 'sealed'])
    const sid = sidOf(browser.cookies.get('connect.sid'))
    assert.equal(sid.length, 32)
    for (const needle of [sid, 'views']) assert.ok(!`${name} ${value}`.includes(needle))
  })
})
