/** examples/function on Node, Deno and Bun. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'
import { sealedCookie } from 'sealed-session/cookie'

import { CookieJar } from '../support/cookie-jar.ts'
import { bun, deno, node, Server } from '../support/server.ts'

const SESSION_KEYS = generateKeys()
const RUNTIMES = {
  Node: node('examples/function/node.ts'),
  Deno: deno('examples/function/handler.ts'),
  Bun: bun('examples/function/handler.ts'),
}

const servers: Server[] = []
after(async () => {
  for (const server of servers) await server.stop()
})

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  describe(`a function with a sealed cookie on ${runtime}`, () => {
    let server: Server
    const browser = () => new CookieJar((path, init) => fetch(new URL(path, server.url), init))

    before(async () => {
      server = await Server.start(command, { SESSION_KEYS })
      servers.push(server)
    })

    it('knows its caller again, and nobody else', async () => {
      const [one, other] = [browser(), browser()]
      assert.equal(await one.text('/'), 'stranger, visit 1\n')
      assert.equal(await one.text('/'), 'stranger, visit 2\n')
      assert.equal(await (await one.post('/', { name: 'Änne' })).text(), 'hello, Änne\n')
      assert.equal(await one.text('/'), 'Änne, visit 1\n')
      assert.equal(await other.text('/'), 'stranger, visit 1\n')
    })

    it('shows the browser nothing, and keeps caches out', async () => {
      const answer = await browser().fetch('/')
      assert.match(answer.headers.get('Set-Cookie') ?? '', /^__Host-me=[\w-]{100,}; Path=\/; HttpOnly; Secure; SameSite=Lax$/u)
      assert.equal(answer.headers.get('Cache-Control'), 'no-store')
      assert.equal(answer.headers.get('Vary'), 'Cookie')
    })

    it('forgets who says goodbye', async () => {
      const visitor = browser()
      await visitor.post('/', { name: 'Bob' })
      assert.equal(await (await visitor.post('/')).text(), 'goodbye\n')
      assert.equal(visitor.cookies.size, 0)
    })

    it('takes what another runtime sealed, and nothing that was altered', async () => {
      const headers = new Headers()
      sealedCookie({ keys: SESSION_KEYS, name: 'me', ttl: '1h' }).write(headers, { name: 'Ann', visits: 41 })
      const [cookie = ''] = (headers.getSetCookie()[0] ?? '').split(';')
      const get = async (Cookie: string) => (await fetch(server.url, { headers: { Cookie } })).text()
      assert.equal(await get(cookie), 'Ann, visit 42\n')
      assert.equal(await get(`${cookie}; ${cookie}`), 'stranger, visit 1\n')
      assert.equal(await get(cookie.slice(0, -4)), 'stranger, visit 1\n')
    })
  })
}
