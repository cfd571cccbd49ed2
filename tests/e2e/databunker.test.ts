/** Databunker's calls on the built Worker: what its clients get, what they cost, and what lists in full give away. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'

import { create, list, read, replace } from './support/api.ts'
import { Bunker } from './support/databunker.ts'
import { Deployment, MINUTE, SECOND, newLookupKey, newRootKey } from './support/deployment.ts'
import { TENANT, bytesOf, concat, derive, inputKey, lp, open, scopeKey, textOf } from './support/format.ts'

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

  it('are written by many requests at once, of which one comes last', async () => {
    await using deployment = await Deployment.start({ store: 'durable' })
    const bunker = new Bunker(deployment)
    for (const user of [{}, { login: 'ada' }]) {
      const id = randomUUID()
      const posts = Array.from({ length: 32 }, (_, n) => bunker.session('POST', id, { n, ...user }))
      for (const { text } of await Promise.all(posts)) assert.equal(text, JSON.stringify({ status: 'ok', session: id }))
      const { data } = (await bunker.session('GET', id)).body as { data: { n: number; login?: string } }
      assert.ok(data.n >= 0 && data.n < 32 && data.login === user.login, JSON.stringify(data))
    }
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

describe('what lists in full cost', () => {
  const rootKey = newRootKey()
  const lookupKey = newLookupKey()
  /** What whoever has the store, both keys and a user's name finds in that user's entry and makes of it. */
  const opened = async (listing: string): Promise<{ named: string | null; data: string | null; id: string }> => {
    const keys = `${lookupKey},${rootKey}`
    await using deployment = await Deployment.start({ store: 'kv', keys, vars: { DATABUNKER_LISTING: listing } })
    const id = randomUUID()
    assert.equal((await new Bunker(deployment).session('POST', id, { login: 'ada', secret: 1 })).status, 200)
    const stored = await deployment.stack.kv.dump()
    const [root, lookup] = [rootKey, lookupKey].map((key) => bytesOf(key.slice('ssk1_'.length))) as [Buffer, Buffer]
    const line = stored.find(({ key }) => key.startsWith(`u:${textOf(derive(lookup, 'user', TENANT, 'login:ada'))}:`))
    const handle = bytesOf(line?.key.split(':')[2] ?? '')
    const subject = concat(lp('login:ada'), handle)
    const entry = open(inputKey(scopeKey(root, 'user-session'), subject), bytesOf(line?.metadata as string))
    assert.ok(entry)
    const named = entry[0] === 2 ? entry.subarray(39, 39 + entry.readUInt16BE(37)).toString() : null
    const record = stored.find(({ key }) => key === `s:${textOf(handle)}`)
    const session = derive(lookup, 'foreign id', TENANT, named ?? textOf(handle))
    const sealed = Buffer.from(record?.value ?? '', 'base64')
    const data = open(inputKey(scopeKey(root, 'session'), session), sealed)?.toString() ?? null
    return { named, data, id }
  }

  it('is that the store and the keys open the sessions in them', async () => {
    const { named, data, id } = await opened('full')
    assert.equal(named, id)
    assert.ok(data?.endsWith('{"login":"ada","secret":1}'), data ?? 'nothing')
  })

  it('is nothing where there are none', async () => {
    const { named, data } = await opened('handles')
    assert.deepEqual([named, data], [null, null])
  })
})

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
