/**
 * Databunker's own Node store, unmodified, under express-session: the application that counts, of its README, with nothing changed
 * but the URL and the token.
 */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import { createRequire } from 'node:module'
import { after, describe, it } from 'node:test'

import express from 'express'
import session from 'express-session'

import { Deployment, HOUR, MINUTE, SECOND } from './support/deployment.ts'

declare module 'express-session' {
  interface SessionData { count?: number }
}

type StoreOptions = { url: string; token: string }
const makeStore = createRequire(import.meta.url)('@databunker/session-store') as (of: typeof session) => new (options: StoreOptions) => session.Store
const DataBunkerSessionStore = makeStore(session)

const deployment = await Deployment.start()
const { stack } = deployment
after(() => deployment.stop())

/** What the application's error handler was told. */
const errors: unknown[] = []

/** The address that the application knows, whatever port the Worker has after a restart. */
const front = await listening(createServer((client) => {
  const worker = connect(Number(new URL(stack.url()).port), '127.0.0.1')
  for (const [from, to] of [[client, worker], [worker, client]] as [Socket, Socket][]) from.pipe(to).on('error', () => from.destroy()).on('close', () => from.destroy())
}))
after(() => front.close())

const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/databunker/`
const port = ((await application({ url, token: deployment.token })).address() as AddressInfo).port

describe('the application that counts', () => {
  it('counts up', async () => {
    const browser = new Browser()
    assert.deepEqual([await browser.count(), await browser.count(), await browser.count()], [1, 2, 3])
    assert.equal(await new Browser().count(), 1, 'another browser has a session of its own')
  })

  it('goes on after a restart of the Worker', async () => {
    const browser = new Browser()
    assert.deepEqual([await browser.count(), await browser.count()], [1, 2])
    await deployment.restart()
    assert.equal(await browser.count(), 3)
  })

  it('starts again when the session has expired, instead of failing for ever', async () => {
    const browser = new Browser()
    assert.deepEqual([await browser.count(), await browser.count()], [1, 2])
    await stack.advance(59 * MINUTE)
    assert.equal(await browser.count(), 3, 'used within the hour')
    await stack.advance(HOUR)
    assert.deepEqual([await browser.count(), await browser.count()], [1, 2])
  })

  it('stays logged in by looking alone, and writes only once in a while', async () => {
    const browser = new Browser()
    await browser.count()
    for (let i = 0; i < 20; i += 1) {
      await stack.advance(30 * MINUTE)
      assert.equal(await browser.get('/look'), 1)
    }
    const writes = async (): Promise<string[]> =>
      deployment.store === 'kv' ? deployment.writes(() => browser.get('/look')) : []
    await deployment.pause()
    await browser.get('/look')
    assert.deepEqual(await writes(), [], 'nothing changed, and it began anew a moment ago')
  })

  it('begins a new session after a logout, and a late request brings the old one not back', async () => {
    const browser = new Browser()
    assert.deepEqual([await browser.count(), await browser.count()], [1, 2])
    const { cookie } = browser
    assert.equal(await browser.get('/logout'), 0)
    const late = new Browser(cookie)
    assert.equal(await late.count(), 1)
    assert.notEqual(late.cookie, cookie)
  })

  it('gets an error, and goes on, where the store fails', deployment.onlyKv, async () => {
    const browser = new Browser()
    assert.equal(await browser.count(), 1)
    await deployment.pause()
    const fail = (on: 'get' | 'put'): Promise<void> => stack.kv.configure('A', { faults: [{ on, status: 500, times: 1_000 }] })
    await fail('get')
    assert.equal(await browser.status('/'), 500)
    // express-session saves when the response is written already; what it is told then goes to the error handler.
    await fail('put')
    errors.length = 0
    assert.equal(await browser.status('/'), 200)
    assert.deepEqual(errors, ['the session store did not answer: try again'])
    await stack.kv.configure('A', { faults: [] })
    assert.equal(await browser.count(), 2)
  })
})

/** A client with one cookie, who asks no more often than KV takes a write of a key. */
class Browser {
  cookie: string | undefined

  constructor(cookie?: string) {
    this.cookie = cookie
  }

  count(): Promise<number> {
    return this.get('/')
  }

  async get(path: string): Promise<number> {
    await deployment.pause()
    const response = await this.#fetch(path)
    const said = await response.text()
    assert.equal(response.status, 200, said)
    return Number(said.replace('Counter: ', ''))
  }

  async status(path: string): Promise<number> {
    const response = await this.#fetch(path)
    await response.text()
    return response.status
  }

  async #fetch(path: string): Promise<Response> {
    const headers = this.cookie === undefined ? {} : { Cookie: this.cookie }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, signal: AbortSignal.timeout(20 * SECOND) })
    this.cookie = response.headers.get('set-cookie')?.split(';')[0] ?? this.cookie
    return response
  }
}

async function application(options: StoreOptions): Promise<Server> {
  const app = express()
  app.use(
    session({
      genid: () => randomUUID(),
      secret: 'not that secret',
      resave: false,
      saveUninitialized: true,
      store: new DataBunkerSessionStore(options),
    }),
  )
  app.get('/', (request, response) => {
    request.session.count = (request.session.count ?? 0) + 1
    response.send(`Counter: ${request.session.count}`)
  })
  app.get('/look', (request, response) => void response.send(`Counter: ${request.session.count ?? 0}`))
  app.get('/logout', (request, response) => {
    request.session.destroy(() => response.send('Counter: 0'))
  })
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    errors.push(error)
    if (!response.headersSent) response.sendStatus(500)
  })
  const server = app.listen(0, '127.0.0.1')
  after(() => server.close())
  return server.listening ? server : new Promise((resolve) => server.once('listening', () => resolve(server)))
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
