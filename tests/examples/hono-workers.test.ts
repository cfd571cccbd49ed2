/** examples/hono-workers, built by wrangler, in workerd over simulated KV. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

import { Stack } from '../e2e/harness/workerd.ts'
import { CookieJar } from '../support/cookie-jar.ts'
import { buildWorker, type WorkerBuild } from '../support/worker-build.ts'

const VISIBILITY_MS = 60_000

describe('Hono on Workers with KV', () => {
  let build: WorkerBuild
  let stack: Stack
  const browser = () => new CookieJar((path, init) => stack.fetch(path, init))

  before(async () => {
    build = await buildWorker('examples/hono-workers/index.ts', 'examples/hono-workers/wrangler.jsonc')
    stack = await Stack.start({ build: build.directory, vars: { SESSION_KEYS: generateKeys() } })
  })

  after(async () => {
    await stack?.stop()
    await build?.discard()
  })

  it('counts visits, each browser its own', async () => {
    const [one, other] = [browser(), browser()]
    assert.equal(await one.text('/'), 'visit 1\n')
    assert.equal(await one.text('/'), 'visit 2\n')
    assert.equal(await other.text('/'), 'visit 1\n')
    assert.equal(await one.text('/'), 'visit 3\n')
  })

  it('sets a cookie as safe as they come, and answers that no cache keeps', async () => {
    const answer = await browser().fetch('/')
    assert.match(answer.headers.get('Set-Cookie') ?? '', /^__Host-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/u)
    assert.equal(answer.headers.get('Cache-Control'), 'no-store')
    assert.equal(answer.headers.get('Vary'), 'Cookie')
  })

  it('changes the ID at login, and keeps what the session held', async () => {
    const visitor = browser()
    await visitor.text('/')
    const before = visitor.copy()
    assert.equal(await (await visitor.post('/login', { user: 'ann' })).text(), 'hello, ann\n')
    assert.notDeepEqual([...visitor.cookies], [...before.cookies])
    assert.equal(await visitor.text('/me'), 'ann\n')
    assert.equal(await visitor.text('/'), 'visit 2\n')
    assert.equal((await before.fetch('/me')).status, 401)
  })

  it('logs out whoever has the cookie, also by a copy of it', async () => {
    const visitor = browser()
    await visitor.post('/login', { user: 'ann' })
    const thief = visitor.copy()
    assert.equal(await (await visitor.post('/logout')).text(), 'gone everywhere within 60 seconds\n')
    assert.equal(visitor.cookies.size, 0)
    assert.equal((await thief.fetch('/me')).status, 401)
    await stack.advance(VISIBILITY_MS)
    assert.equal((await thief.fetch('/me')).status, 401)
  })

  it('outlives a restart, and shows nothing of its sessions to whoever copies the store', async () => {
    const visitor = browser()
    await visitor.post('/login', { user: 'ann.example' })
    await visitor.text('/')
    await stack.restart()
    assert.equal(await visitor.text('/me'), 'ann.example\n')
    const [id = ''] = visitor.cookies.values()
    for (const { key, value, metadata } of await stack.kv.dump()) {
      const bytes = Buffer.concat([Buffer.from(key), Buffer.from(value, 'base64'), Buffer.from(JSON.stringify(metadata))])
      for (const secret of ['ann.example', 'visits', id]) assert.ok(!bytes.includes(secret), `${key} shows it`)
    }
  })

  it('touches a session without being waited for, and it lives on', async () => {
    const visitor = browser()
    await visitor.post('/login', { user: 'ann' })
    for (let hours = 0; hours < 24; hours += 8) {
      await stack.advance(8 * 3_600_000)
      assert.equal(await visitor.text('/me'), 'ann\n')
    }
    await stack.advance(12 * 3_600_000 + VISIBILITY_MS)
    assert.equal((await visitor.fetch('/me')).status, 401)
  })
})
