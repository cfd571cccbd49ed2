/** Databunker's calls on the built Worker: as the original answers them, but for what is named (tests/databunker). */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'

import { create, list, read, replace } from './support/api.ts'
import { Bunker } from './support/databunker.ts'
import { Deployment, HOUR, MINUTE, SECOND } from './support/deployment.ts'

type Body = null | string | ({ text?: string; repeat?: string; times?: number })[]
interface Case {
  n: number
  name: string
  wait_before_ms?: number
  request: { method: string; path: string; headers: Record<string, string | string[]>; body: Body }
  response: { status: number; body: Body }
}
interface Difference { n: number; name: string; status: number; body: unknown }
interface Ours {
  given: { before: number; wait_ms?: number; posts?: { path: string; body: unknown }[] }[]
  differences: { reason: string; cases: Difference[] }[]
}

const file = (name: string): string => readFileSync(new URL(`../databunker/${name}.json`, import.meta.url), 'utf8')
const transcript = JSON.parse(file('transcript')) as { cases: Case[] }
const ours = parsed(file('replay')) as Ours

describe('the transcript', () => {
  it('is answered as it was, but for what is named', async () => {
    await using deployment = await Deployment.start({ vars: { DATABUNKER_LISTING: 'full' } })
    const bunker = new Bunker(deployment)
    const differences = new Map(ours.differences.flatMap(({ cases }) => cases.map((named) => [named.n, named])))
    const failures: string[] = []
    for (const asked of transcript.cases) {
      await prepare(deployment, bunker, asked)
      const got = await sent(deployment, bunker, asked)
      const same = got.status === asked.response.status && fits(deployment, parsed(got.text), parsed(text(asked.response.body)))
      const named = differences.get(asked.n)
      const expected = named === undefined ? same : !same && got.status === named.status && fits(deployment, parsed(got.text), named.body)
      if (!expected) failures.push(`${asked.n} ${asked.name}: ${got.status} ${got.text.slice(0, 300)}`)
    }
    assert.deepEqual(failures, [])
  })

  it('has its differences in the document for those who move', () => {
    const document = readFileSync(new URL('../../docs/MIGRATING-FROM-DATABUNKER.md', import.meta.url), 'utf8')
    for (const { reason } of ours.differences) assert.ok(document.includes(reason), reason)
  })
})

describe('the SDKs of Pro', () => {
  it('are answered, byte for byte as they send', async () => {
    await using deployment = await Deployment.start({ vars: { DATABUNKER_MAX_EXPIRATION: '30d', DATABUNKER_LISTING: 'full' } })
    const { port } = new URL(deployment.stack.url())
    const id = randomUUID()
    // JavaScript writes no spaces, Python a space after each separator; both name the tenant where they were told one.
    const sdks: [head: string[], json: (value: object) => string][] = [
      [['Content-Type: application/json'], JSON.stringify],
      [['content-type: application/json', 'X-Bunker-Tenant: default'], (value) => JSON.stringify(value, null, 1).replaceAll(/\n\s*/gu, ' ')],
    ]
    for (const [head, json] of sdks) {
      const call = async (name: string, body: object): Promise<unknown> => {
        const bytes = Buffer.from(json(body))
        const lines = [`POST /databunker/v2/${name} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...head, `X-Bunker-Token: ${deployment.token}`, `Content-Length: ${bytes.length}`, 'Connection: close']
        const answer = await exchange(Number(port), Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]))
        assert.match(answer, /^HTTP\/1\.1 \d{3} [^]*\r\ncontent-type: application\/json; charset=utf-8\r\n/iu)
        return JSON.parse(answer.slice(answer.indexOf('{"'), answer.lastIndexOf('}') + 1))
      }
      const sessiondata = { login: 'ada', cart: [1, { two: 'ä' }] }
      assert.deepEqual(await call('SessionUpsert', { sessionuuid: id, sessiondata, slidingtime: '1h', finaltime: '24h', request_metadata: { reason: 'login' } }), { status: 'ok' })
      assert.deepEqual(await call('SessionGet', { sessionuuid: id }), { status: 'ok', sessiondata })
      const listed = { status: 'ok', total: 1, rows: [{ sessionuuid: id, sessiondata }] }
      assert.deepEqual(await call('SessionListUserSessions', { mode: 'login', identity: 'ada' }), listed)
      assert.deepEqual(await call('SessionGet', { sessionuuid: randomUUID() }), { status: 'error', message: 'not found' })
      // Once per session life, or what comes next would be a late write.
      await deployment.stack.advance(3 * MINUTE)
    }
    const bunker = new Bunker(deployment)
    assert.deepEqual((await bunker.pro('SessionDelete', { sessionuuid: id })).body, { status: 'ok' })
    assert.equal((await bunker.pro('SessionGet', { sessionuuid: id })).status, 404)
    assert.equal((await bunker.pro('SessionGet', { sessionuuid: id }, { 'X-Bunker-Tenant': 'globex' })).status, 403)
  })
})

describe('sessions of these calls', () => {
  it('are those of the API beside them, in lists and revocations too', async () => {
    await using deployment = await Deployment.start()
    const { api } = deployment
    const bunker = new Bunker(deployment)
    const [id, foreign] = [randomUUID(), randomUUID()]
    assert.equal((await bunker.session('POST', id, { login: 'ada', n: 1 })).status, 200)
    await api.ok(create({ user: 'login:ada', data: { n: 2 } }, { session: foreign }))
    assert.deepEqual((await api.ok(read(id))).data, { login: 'ada', n: 1 })
    const { sessions } = await api.ok(list('login:ada'))
    assert.equal(sessions.length, 2)
    const { rows } = (await bunker.send('GET', '/v1/sessions/login/ada')).body as { rows: { session: string }[] }
    assert.deepEqual(rows.map(({ session }) => session).toSorted(), sessions.map(({ handle }) => handle).toSorted())
    assert.equal((await bunker.session('DELETE', foreign)).status, 200)
    await deployment.stack.advance(MINUTE)
    assert.equal(await api.isLive(foreign), false)
    await deployment.pause()
    await api.ok(replace(id, { data: { n: 3 } }))
    assert.deepEqual((await bunker.session('GET', id)).body, { ...((await bunker.session('GET', id)).body as object), data: { n: 3 } })
  })

  it('take an idle window that the store can keep, and say so of others', async () => {
    await using deployment = await Deployment.start()
    const bunker = new Bunker(deployment)
    const short = { sessionuuid: randomUUID(), sessiondata: { n: 1 }, slidingtime: '5m', finaltime: '1h' }
    const { status } = await bunker.pro('SessionUpsert', short)
    assert.equal(status, deployment.store === 'kv' ? 400 : 200)
  })
})

describe('a client that writes with every request', () => {
  it('costs reads while nothing changes, and never asks for what may not exist', async () => {
    await using deployment = await Deployment.start({ store: 'kv' })
    const bunker = new Bunker(deployment)
    const id = randomUUID()
    const post = (body: object): Promise<string[]> => deployment.operations(() => bunker.session('POST', id, body))
    const get = (): Promise<unknown> => bunker.session('GET', id)
    assert.deepEqual(await post({ n: 1 }), ['get e:', 'put s:'], 'new')
    await deployment.pause()
    assert.deepEqual(await post({ n: 1 }), ['get e:', 'put s:'], 'not read here, so nobody knows what there is')
    await get()
    for (let i = 0; i < 3; i += 1) {
      assert.deepEqual((await post({ n: 1 })).toSorted(), ['get e:', 'get s:'], 'unchanged')
      await get()
    }
    await deployment.pause()
    assert.deepEqual(await post({ n: 2 }), ['get e:', 'put s:'], 'changed')
    await get()
    // A tenth of an hour later its life begins anew.
    await deployment.stack.advance(6 * MINUTE)
    await get()
    assert.deepEqual((await post({ n: 2 })).toSorted(), ['get e:', 'get e:', 'get s:', 'put s:'], 'renewed')
    await get()
    assert.deepEqual((await post({ n: 2 })).toSorted(), ['get e:', 'get s:'], 'unchanged again')
  })

  it('does not hide a new session from where it was not seen yet', async () => {
    const instances = { a: { location: 'A' }, b: { location: 'B' } }
    await using deployment = await Deployment.start({ store: 'kv', instances })
    const { stack } = deployment
    await stack.kv.configure('B', { propagationMs: 25 * SECOND })
    const id = randomUUID()
    const post = (where: string): Promise<Response> => {
      const headers = { 'X-Bunker-Token': deployment.token, 'Content-Type': 'application/json' }
      return stack.fetch(`/databunker/v1/session/${id}`, { method: 'POST', headers, body: '{"n":1}' }, where)
    }
    assert.equal((await post('a')).status, 200)
    assert.equal((await post('b')).status, 200)
    const seen = (await stack.kv.journal()).filter(({ kind, keys }) => kind !== 'put' && keys.some((key) => key.startsWith('s:')))
    assert.deepEqual(seen, [], 'nobody asked for the record')
    assert.ok(await deployment.api.at('b').isLive(id))
  })
})

/** What the longer run did before this case. */
async function prepare(deployment: Deployment, bunker: Bunker, { n, wait_before_ms = 0 }: Case): Promise<void> {
  for (const { posts = [], wait_ms = 0 } of ours.given.filter(({ before }) => before === n)) {
    for (const { path, body } of posts) {
      await deployment.stack.advance(1)
      assert.equal((await bunker.send('POST', path, { body })).status, 200)
    }
    await deployment.stack.advance(wait_ms)
  }
  await deployment.stack.advance(wait_before_ms)
}

async function sent(deployment: Deployment, bunker: Bunker, { request }: Case): Promise<{ status: number; text: string }> {
  const { method, path, headers, body } = request
  const seconds = Math.floor(deployment.stack.now() / 1_000)
  const filled = text(body)
    .replaceAll('{{now+30}}', `${seconds + 30}`)
    .replaceAll('{{now-100}}', `${seconds - 100}`)
    .replaceAll('{{nowms+30}}', `${(seconds + 30) * 1_000}`)
    .replaceAll('{{alice token}}', 'a11ce000-0000-4000-8000-000000000001')
  const ready = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ').replaceAll('DEMO', deployment.token)])
  const nobody = Object.keys(headers).some((name) => name.toLowerCase() === 'x-bunker-token') ? bunker : new Bunker(deployment, null)
  return nobody.send(method, path, { ...(body === null || method === 'GET' ? {} : { raw: filled }), headers: Object.fromEntries(ready) })
}

function fits(deployment: Deployment, given: unknown, expected: unknown): boolean {
  if (expected === '<when>') return Number.isInteger(given) && Math.abs(deployment.stack.now() / 1_000 - (given as number)) < HOUR / SECOND
  if (expected === '<uuid>') return typeof given === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/u.test(given)
  if (expected === '<rows>') return Array.isArray(given)
  if (expected === '<total>') return Number.isInteger(given)
  if (typeof expected !== 'object' || expected === null || typeof given !== 'object' || given === null) return given === expected
  const [own, wanted] = [given as Record<string, unknown>, expected as Record<string, unknown>]
  const names = Object.keys(wanted)
  return Object.keys(own).length === names.length && names.every((name) => name in own && fits(deployment, own[name], wanted[name]))
}

const text = (body: Body): string =>
  Array.isArray(body) ? body.map((part) => part.text ?? (part.repeat ?? '').repeat(part.times ?? 0)).join('') : (body ?? '')

/** JSON, with integers that no number holds as text: two of them are the same only if they are written the same. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body.replaceAll(/(?<=[:[,]\s*)-?\d{16,}(?=\s*[,\]}])/gu, (digits) => (Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`)))
  } catch {
    return body
  }
}

/** Sends bytes, and answers what came back when the other side has said it all. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    socket.on('error', reject)
    after(() => socket.destroy())
  })
}
