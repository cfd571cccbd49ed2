/** `sealed-session doctor` against the Worker over both its stores, and against what it should warn of. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { Deployment, HOUR, SECOND, type StoreKind, keyId, newLookupKey, newRootKey, newToken, tokenLine } from '../e2e/support/deployment.ts'
import { type Called, call } from '../support/command-line.ts'
import { freePort } from '../support/port.ts'

interface Report {
  ok: boolean
  store?: string
  bound?: number
  checks: { name: string; result: string; detail: string }[]
  latency: { call: string; calls: number; fastest: number; median: number; slowest: number; store?: number }[]
}

const doctor = async (url: string, token: string, ...args: string[]): Promise<Called> =>
  call(['doctor', url, ...args], { env: { SESSIONS_TOKEN: token } })

/** What was found, by its check; and the token is nowhere. */
async function examined(url: string, token: string, ...args: string[]): Promise<{ code: number; report: Report; result: (name: string) => string | undefined }> {
  const { code, out, notes } = await doctor(url, token, '--json', ...args)
  assert.ok(!`${out}${notes}`.includes(token.slice(4)), 'the token is shown')
  const report = JSON.parse(out) as Report
  return { code, report, result: (name) => report.checks.find((check) => check.name === name)?.result }
}

for (const store of ['kv', 'durable'] satisfies StoreKind[]) {
  describe(`doctor, over ${store}`, () => {
    it('finds a healthy deployment well, and leaves nothing behind', async () => {
      const [old, root] = [newRootKey(), newRootKey()]
      await using deployment = await Deployment.start({ store, keys: `${newLookupKey()},${root},${old}` })
      const { code, report } = await examined(deployment.stack.url(), deployment.token, '--calls', '5')
      const faults = report.checks.filter(({ result }) => result !== 'ok')
      assert.deepEqual(faults, [])
      assert.deepEqual([code, report.ok, report.store, report.bound], [0, true, store, store === 'kv' ? 60 : 0])
      assert.ok(report.checks.length >= 18, `${report.checks.length} checks`)
      assert.match(report.checks.find(({ name }) => name === 'Keyring')?.detail ?? '', new RegExp(`^${keyId(root)}, ${keyId(old)}.*5 calls`, 'u'))
      const calls = Object.fromEntries(report.latency.map(({ call, calls }) => [call, calls]))
      assert.deepEqual(calls, { status: 5, create: 1, read: 5, patch: 1, regenerate: 1, end: 1 })
      for (const { fastest, median, slowest } of report.latency) assert.ok(fastest > 0 && fastest <= median && median <= slowest)
      if (store === 'kv') assert.deepEqual((await deployment.stack.kv.dump()).filter(({ key }) => /^[su]:/u.test(key)), [])
    })
  })
}

describe('doctor', () => {
  it('reports readably', async () => {
    await using deployment = await Deployment.start({ store: 'durable' })
    const { code, out, notes } = await doctor(deployment.stack.url(), deployment.token)
    assert.equal(code, 0)
    assert.equal(notes, '')
    assert.match(out, /^ {2}✓ The old ID is dead +404$/mu)
    assert.match(out, /^ {2}read +8( +\d+\.\d){4}$/mu)
    assert.match(out, /^ {2}(\d+) of \1 checks are well$/mu)
    assert.ok(!out.includes('\u{1b}'))
  })

  it('says that a token is none of this deployment’s', async () => {
    await using deployment = await Deployment.start()
    const { code, report, result } = await examined(deployment.stack.url(), newToken())
    assert.deepEqual([code, report.ok, result('Is sealed-session'), result('Takes the token')], [1, false, 'ok', 'failed'])
    assert.equal(result('Create'), undefined)
  })

  it('does what the token’s scopes allow, and says what it skipped', async () => {
    const [app, watcher] = [newToken(), newToken()]
    const lines = [tokenLine(app, { name: 'app', scopes: 'sessions' }), tokenLine(watcher, { name: 'watcher', scopes: 'admin' })]
    await using deployment = await Deployment.start({ store: 'durable', vars: { API_TOKENS_2: lines.join('\n') } })
    const url = deployment.stack.url()
    const one = await examined(url, app)
    assert.deepEqual([one.code, one.result('Store'), one.result('Keyring'), one.result('End')], [0, 'skipped', 'skipped', 'ok'])
    const other = await examined(url, watcher)
    assert.deepEqual([other.code, other.result('Store'), other.result('Create')], [0, 'ok', 'skipped'])
  })

  it('sees a clock that is wrong', async () => {
    await using deployment = await Deployment.start({ store: 'durable' })
    await deployment.stack.advance(HOUR)
    const { code, report, result } = await examined(deployment.stack.url(), deployment.token)
    assert.deepEqual([code, result('Clock')], [1, 'failed'])
    assert.match(report.checks.find(({ name }) => name === 'Clock')?.detail ?? '', /^3[56]\d\d\.\d s ahead/u)
  })

  it('sees that a key was dropped too early', async () => {
    const [lookup, old, root] = [newLookupKey(), newRootKey(), newRootKey()]
    await using deployment = await Deployment.start({ store: 'durable', keys: `${lookup},${old}` })
    const { id } = (await (await deployment.stack.fetch('/v1/sessions', { method: 'POST', headers: { authorization: `Bearer ${deployment.token}` } })).json()) as { id: string }
    await deployment.rekey(`${lookup},${root}`)
    await deployment.stack.fetch('/v1/session', { headers: { authorization: `Bearer ${deployment.token}`, 'session-id': id } })
    const { code, result } = await examined(deployment.stack.url(), deployment.token)
    assert.deepEqual([code, result('Keys of stored sessions'), result('Warning')], [1, 'failed', 'warning'])
  })

  it('says what is not configured', async () => {
    await using deployment = await Deployment.start({ keys: 'ssk1_nonsense' })
    const { code, result } = await examined(deployment.stack.url(), deployment.token)
    assert.deepEqual([code, result('Configured')], [1, 'failed'])
  })

  it('tells the token to nobody who is not sealed-session', async () => {
    const token = newToken()
    const pages: RequestListener[] = [
      (_, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
      // Many a service answers this to a health check, and anything at all under /v1.
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}'),
      (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
    ]
    for (const page of pages) {
      const told: (string | undefined)[] = []
      const server = createServer((request, response) => {
        told.push(request.headers.authorization)
        page(request, response)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { code, result } = await examined(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, token)
      server.close()
      assert.deepEqual([code, result('Is sealed-session')], [1, 'failed'])
      assert.ok(told.length > 0 && told.every((header) => header === undefined))
    }
  })

  it('waits for an eventual store as long as that may take', async () => {
    await using deployment = await Deployment.start({ store: 'kv', instances: { a: { location: 'A' }, b: { location: 'B' } } })
    const { stack } = deployment
    for (const location of ['A', 'B']) await stack.kv.configure(location, { propagationMs: 25 * SECOND })
    // Written in one place, read in another, as by somebody between two of them; each second here is 25 there.
    const between = await proxy(async (request) => stack.fetch(request.path, request.init, request.init.method === 'GET' ? 'b' : 'a'))
    const clock = setInterval(() => void stack.advance(24 * SECOND), 1000)
    const { report } = await examined(between.url, deployment.token)
    clearInterval(clock)
    between.close()
    const detail = (name: string): string => report.checks.find((check) => check.name === name)?.detail ?? ''
    assert.deepEqual(report.checks.filter(({ name, result }) => result !== 'ok' && name !== 'Clock'), [])
    for (const name of ['Read', 'Patch', 'Regenerate']) assert.match(detail(name), /, after \d+\.\d s$/u, name)
  })

  it('sees a cache in between, and what it revives', async () => {
    await using deployment = await Deployment.start({ store: 'durable' })
    const kept = new Map<string, Response>()
    const cache = await proxy(async ({ path, init, session }) => {
      const key = `${init.method} ${path} ${session}`
      const answer = kept.get(key) ?? (await deployment.stack.fetch(path, init))
      if (init.method === 'GET' && session !== undefined) kept.set(key, answer.clone())
      const headers = new Headers(answer.headers)
      headers.delete('cache-control')
      headers.set('set-cookie', 'proxy=1')
      return new Response(answer.body, { status: answer.status, headers })
    })
    const { code, report } = await examined(cache.url, deployment.token)
    cache.close()
    const failed = report.checks.filter(({ result }) => result === 'failed').map(({ name }) => name)
    assert.deepEqual([code, failed], [1, ['Patch', 'The old ID is dead', 'The ended session is dead', 'Nothing is cached', 'No cookies']])
  })

  it('says that nobody answers, and why', async () => {
    const { code, report } = await examined(`http://127.0.0.1:${await freePort()}`, newToken())
    assert.equal(code, 1)
    assert.deepEqual(report.checks, [{ name: 'Answers', result: 'failed', detail: 'nobody does: ECONNREFUSED' }])
  })

  it('sends nothing unencrypted across a network, and trusts no certificate of anybody’s', async () => {
    const open = await examined('http://sessions.example.com', newToken())
    assert.deepEqual([open.code, open.report.checks.map(({ name, result }) => `${name} ${result}`)], [1, ['TLS failed']])

    const directory = mkdtempSync(join(tmpdir(), 'sealed-session-'))
    const [key, cert] = [join(directory, 'key'), join(directory, 'cert')]
    const options = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert]
    execFileSync('openssl', [...options, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' })
    let calls = 0
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => void response.end(String(calls++))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { code, report } = await examined(`https://localhost:${(server.address() as AddressInfo).port}`, newToken())
    server.close()
    rmSync(directory, { recursive: true })
    assert.deepEqual([code, calls], [1, 0])
    assert.match(report.checks[0]?.detail ?? '', /SELF_SIGNED/u)
  })

  it('is called with one URL and a token out of the environment', async () => {
    assert.equal((await call(['doctor'])).code, 2)
    assert.match((await call(['doctor', 'https://a.example'])).notes, /set SESSIONS_TOKEN/u)
    assert.equal((await doctor('ftp://a.example', newToken())).code, 2)
    const password = await doctor('https://ada:hunter2@a.example', newToken())
    assert.equal(password.code, 2)
    assert.ok(!password.notes.includes('hunter2'))
  })
})

interface Proxied {
  path: string
  init: RequestInit
  session: string | undefined
}

/** A server that hands on what it is asked. */
async function proxy(answer: (request: Proxied) => Promise<Response>): Promise<{ url: string; close: () => void }> {
  const hand = async ({ method = '', url = '', headers }: IncomingMessage, sent: Buffer, response: ServerResponse): Promise<void> => {
    const names = ['authorization', 'content-type', 'if-match', 'session-id', 'strict']
    const own = Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])))
    const init = { method, headers: own, ...(sent.length > 0 && { body: new Uint8Array(sent) }) }
    const { status, headers: said, body } = await answer({ path: url, init, session: own['session-id'] })
    response.writeHead(status, Object.fromEntries(said))
    response.end(body === null ? undefined : await buffer(body))
  }
  const server = createServer((request, response) => {
    buffer(request)
      .then(async (sent) => hand(request, sent, response))
      .catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}
