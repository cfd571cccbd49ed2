/** sealed-session/hono in every runtime that it names, over HTTP. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

import { Stack } from '../e2e/harness/workerd.ts'
import { CookieJar } from '../support/cookie-jar.ts'
import { bun, type Command, deno, node, Server } from '../support/server.ts'
import { buildWorker } from '../support/worker-build.ts'

type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/** How each runtime's server is started; answers how to reach it, and how to end it. */
const RUNTIMES: Record<string, () => Promise<[fetch: Fetch, stop: () => Promise<void>]>> = {
  Node: () => ownProcess(node('tests/package/hono-app/node.ts')),
  Deno: () => ownProcess(deno('tests/package/hono-app/index.ts')),
  Bun: () => ownProcess(bun('tests/package/hono-app/index.ts')),
  workerd,
}

for (const [runtime, start] of Object.entries(RUNTIMES)) {
  describe(`Hono on ${runtime}`, () => {
    let reach: Fetch
    let stop: (() => Promise<void>) | undefined
    const browser = () => new CookieJar(reach)

    before(async () => {
      ;[reach, stop] = await start()
    })
    after(() => stop?.())

    it('counts visits, each browser its own', async () => {
      const [one, other] = [browser(), browser()]
      assert.deepEqual([await one.text('/visit'), await one.text('/visit'), await other.text('/visit')], ['1', '2', '1'])
    })

    it('sets a safe cookie once, and keeps caches out only where a session is asked for', async () => {
      const visitor = browser()
      const first = await visitor.fetch('/visit')
      assert.match(first.headers.get('Set-Cookie') ?? '', /^__Host-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/u)
      const second = await visitor.fetch('/visit')
      assert.equal(second.headers.get('Set-Cookie'), null)
      for (const answer of [first, second, await browser().fetch('/data')]) {
        assert.equal(answer.headers.get('Cache-Control'), 'no-store')
        assert.equal(answer.headers.get('Vary'), 'Cookie')
      }
      assert.equal((await visitor.fetch('/static')).headers.get('Cache-Control'), 'max-age=60')
    })

    it('changes the ID at login: the old one is nobody’s', async () => {
      const visitor = browser()
      await visitor.text('/visit')
      const before = visitor.copy()
      await visitor.post('/login', { user: 'ann' })
      assert.equal(await visitor.text('/user'), '"ann"')
      assert.equal(await visitor.text('/visit'), '2')
      assert.equal(await before.text('/data'), 'null')
    })

    it('ends a session at logout, also for a copy of its cookie', async () => {
      const visitor = browser()
      await visitor.post('/login', { user: 'ann' })
      const thief = visitor.copy()
      await visitor.post('/logout')
      assert.equal(visitor.cookies.size, 0)
      assert.equal(await thief.text('/user'), 'null')
    })

    it('has a CSRF token that is the session’s', async () => {
      const [one, other] = [browser(), browser()]
      await one.text('/visit')
      await other.text('/visit')
      assert.match(await one.text('/csrf'), /^"[\w-]{43}"$/u)
      assert.equal(await one.text('/csrf'), await one.text('/csrf'))
      assert.notEqual(await one.text('/csrf'), await other.text('/csrf'))
    })

    it('saves nothing of a handler that throws', async () => {
      const visitor = browser()
      await visitor.text('/visit')
      assert.equal((await visitor.fetch('/throw')).status, 500)
      assert.equal(await visitor.text('/visit'), '2')
    })

    it('saves in a stream', async () => {
      const visitor = browser()
      await visitor.text('/visit')
      assert.equal(await visitor.text('/stream'), '1')
      assert.deepEqual(JSON.parse(await visitor.text('/data')), { visits: 1, names: ['streamed'] })
    })

    if (runtime === 'workerd') {
      it('makes its sessions once: all requests of an instance have one env', async () => {
        assert.equal(await browser().text('/made'), '1')
      })
    }
  })
}

async function ownProcess(command: Command): Promise<[Fetch, () => Promise<void>]> {
  const server = await Server.start(command, { SESSION_KEYS: generateKeys() })
  return [(path, init) => fetch(new URL(path, server.url), init), () => server.stop()]
}

async function workerd(): Promise<[Fetch, () => Promise<void>]> {
  const build = await buildWorker('tests/package/hono-app/index.ts', 'tests/package/hono-app/wrangler.jsonc')
  const stack = await Stack.start({ build: build.directory, vars: { SESSION_KEYS: generateKeys() }, kvBinding: null })
  const stop = async () => {
    await stack.stop()
    await build.discard()
  }
  return [(path, init) => stack.fetch(path, init), stop]
}
