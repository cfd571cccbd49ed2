/** The life of a session, from its creation to the late requests after its end. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'

import { create, end, ifMatch, patch, read, regenerate, replace } from './support/api.ts'
import { DAY, Deployment, HOUR, MINUTE, SECOND, newSessionId, newToken, time, tokenLine } from './support/deployment.ts'

const otherTenant = newToken()
const deployment = await Deployment.start({ vars: { API_TOKENS_OTHER: tokenLine(otherTenant, { tenant: 'other' }) } })
const { api, stack } = deployment
after(() => deployment.stop())

describe('a new session', () => {
  it('lives for 12 hours unused and for 7 days in all', async () => {
    const before = stack.now()
    const session = await api.ok(create())
    const created = time(session.created_at)
    assert.ok(created >= before && created <= stack.now(), `${session.created_at}, at ${before}`)
    assert.equal(time(session.expires_at) - created, 7 * DAY)
    assert.equal(time(session.idle_expires_at) - created, 12 * HOUR)
  })

  it('lives as long as was asked for', async () => {
    const lives: [object, number, number][] = [
      [{ idle: '30m', absolute: '2h' }, 30 * MINUTE, 2 * HOUR],
      [{ idle: 3_600, absolute: 86_400 }, HOUR, DAY],
      [{ absolute: '400d' }, 12 * HOUR, 400 * DAY],
      [{ absolute: '45s' }, 45 * SECOND, 45 * SECOND],
      [{ idle: '1s', absolute: 1 }, SECOND, SECOND],
      [{ idle: '600s' }, 10 * MINUTE, 7 * DAY],
    ]
    for (const [asked, idle, absolute] of lives) {
      const session = await api.ok(create(asked))
      const created = time(session.created_at)
      const life = [time(session.idle_expires_at) - created, time(session.expires_at) - created]
      assert.deepEqual(life, [idle, absolute], JSON.stringify(asked))
    }
  })

  it('is empty where nothing was said', async () => {
    for (const call of [
      create(),
      create({}),
      create(undefined, { type: 'application/json' }),
      create(undefined, { raw: '' }),
    ]) {
      const { id } = await api.ok(call)
      const { data, user, label } = await api.ok(read(id))
      assert.deepEqual({ data, user, label }, { data: {}, user: null, label: null })
    }
  })

  it('says whether its store is eventual', async () => {
    const { headers } = await api.send(create())
    assert.equal(headers.get('Consistency'), deployment.store === 'kv' ? 'eventual' : null)
  })

  it('has an ETag that is its version', async () => {
    const { headers, body } = await api.send(create())
    assert.equal(headers.get('ETag'), `"${(body as { version: string }).version}"`)
  })

  it('has an ID and a handle that nobody else has', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => api.ok(create())))
    const names = sessions.flatMap(({ id, handle, csrf }) => [id, handle, csrf])
    assert.equal(new Set(names).size, 60)
  })
})

describe('a read', () => {
  it('gives back what was put, with the same names and times', async () => {
    const { id, ...created } = await api.ok(create({ data: { cart: ['tea'] }, user: 'ada', label: 'Firefox on Linux' }))
    const session = await api.ok(read(id))
    const { created_at: last_seen_at } = created
    assert.deepEqual(session, {
      ...created,
      last_seen_at,
      data: { cart: ['tea'] },
      user: 'ada',
      label: 'Firefox on Linux',
    })
  })

  it('gives back data as the JSON that it came in', async () => {
    const json = '{"z":12345678901234567890.10,"a":1e400,"é":"\\u00e9\\ud83d\\ude00","__proto__":{"x":[]},"a":-0.0}'
    const { id } = await api.ok(create(undefined, { raw: `{"data":${json}}`, type: 'application/json' }))
    const { text } = await api.send({ ...read(id) })
    assert.ok(text.includes(json), text)
  })

  it('gives back any kind of JSON', async () => {
    for (const data of [null, false, 0, -1.5, '', 'é😀\n"', [], [1, [2]], {}, { a: { b: null } }]) {
      const { id } = await api.ok(create({ data }))
      assert.deepEqual((await api.ok(read(id))).data, data)
    }
  })

  it('gives back users and labels to the last byte', async () => {
    for (const [user, label] of [
      ['é'.repeat(128), '😀'.repeat(32)],
      ['u'.repeat(256), 'l'.repeat(128)],
      ['\u{0}\n', '"\\'],
    ]) {
      const { id } = await api.ok(create({ user, label }))
      const session = await api.ok(read(id))
      assert.deepEqual([session.user, session.label], [user, label])
    }
  })

  it('gives back as much data as a body may hold', async () => {
    const frame = '{"data":""}'
    const data = 'x'.repeat(262_144 - frame.length)
    const { id } = await api.ok(create({ data }))
    assert.equal((await api.ok(read(id))).data, data)
  })

  it('may be strict', async () => {
    const { id } = await api.ok(create({ data: 1 }))
    for (const strict of ['true', 'false']) {
      assert.equal((await api.ok(read(id, { headers: { Strict: strict } }))).data, 1)
    }
  })

  it('reaches no session of another tenant', async () => {
    const { id } = await api.ok(create())
    const elsewhere = api.as(otherTenant)
    assert.equal(await elsewhere.refusal(read(id)), 'no_such_session')
    assert.equal(await elsewhere.refusal(replace(id, { data: 1 })), 'no_such_session')
    await elsewhere.ok(end(id))
    assert.ok(await api.isLive(id), 'another tenant ended it')
  })
})

describe('a replace', () => {
  it('changes the data and the version, and nothing else', async () => {
    const { id, ...created } = await api.ok(create({ data: { a: 1 }, user: 'ada', label: 'phone' }))
    await stack.advance(5 * SECOND)
    const written = await api.ok(replace(id, { data: { b: 2 } }))
    assert.notEqual(written.version, created.version)
    assert.ok(time(written.last_seen_at) >= time(created.created_at) + 5 * SECOND)
    assert.equal(time(written.idle_expires_at) - time(written.last_seen_at), 12 * HOUR)
    const { handle, csrf, created_at, expires_at } = created
    assert.deepEqual({ ...created, ...written }, { ...written, handle, csrf, created_at, expires_at })
    const session = await api.ok(read(id))
    assert.deepEqual(session, { ...written, data: { b: 2 }, user: 'ada', label: 'phone' })
  })

  it('sets and removes the user and the label', async () => {
    const { id } = await api.ok(create())
    const about = async (body: object): Promise<(string | null)[]> => {
      await deployment.pause()
      await api.ok(replace(id, { data: {}, ...body }))
      const { user, label } = await api.ok(read(id))
      return [user, label]
    }
    assert.deepEqual(await about({ user: 'ada', label: 'phone' }), ['ada', 'phone'])
    assert.deepEqual(await about({ user: 'bob' }), ['bob', 'phone'])
    assert.deepEqual(await about({ label: null }), ['bob', null])
    assert.deepEqual(await about({ user: null }), [null, null])
  })

  it('sets the idle window', async () => {
    const { id } = await api.ok(create())
    await deployment.pause()
    const { last_seen_at, idle_expires_at } = await api.ok(replace(id, { data: {}, idle: '30m' }))
    assert.equal(time(idle_expires_at) - time(last_seen_at), 30 * MINUTE)
  })

  it('never creates', async () => {
    const unknown = newSessionId()
    const foreign = randomUUID()
    for (const name of [unknown, foreign]) {
      assert.equal(await api.refusal(replace(name, { data: 1 })), 'no_such_session')
      assert.equal(await api.refusal(replace(name, { data: 1 }, ifMatch('*'))), 'no_such_session')
      assert.equal(await api.refusal(read(name)), 'no_such_session')
    }
  })
})

describe('a patch', () => {
  it('merges as RFC 7396 says', async () => {
    const { id } = await api.ok(
      create({ data: { title: 'x', author: { given: 'A', family: 'B' }, tags: [1, 2], n: 1 } }),
    )
    await deployment.pause()
    const data = { title: 'y', phone: '+1', author: { family: null }, tags: [3] }
    await api.ok(patch(id, { data }))
    const expected = { title: 'y', author: { given: 'A' }, tags: [3], n: 1, phone: '+1' }
    assert.deepEqual((await api.ok(read(id))).data, expected)
  })

  it('leaves the data alone where it says nothing of it', async () => {
    const { id } = await api.ok(create({ data: { a: 1 }, user: 'ada' }))
    await deployment.pause()
    await api.ok(patch(id, { label: 'phone', idle: '1h' }))
    const session = await api.ok(read(id))
    assert.deepEqual([session.data, session.user, session.label], [{ a: 1 }, 'ada', 'phone'])
    assert.equal(time(session.idle_expires_at) - time(session.last_seen_at), HOUR)
  })

  it('may come as plain JSON', async () => {
    const { id } = await api.ok(create({ data: { a: 1 } }))
    await deployment.pause()
    await api.ok(patch(id, { data: { b: 2 } }, { type: 'application/json; charset=utf-8' }))
    assert.deepEqual((await api.ok(read(id))).data, { a: 1, b: 2 })
  })

  it('never creates', async () => {
    assert.equal(await api.refusal(patch(newSessionId(), { data: {} })), 'no_such_session')
  })
})

describe('If-Match', () => {
  it('lets a write pass that has the version, and refuses one that has not', async () => {
    const { id, version: first } = await api.ok(create({ data: 1 }))
    await deployment.pause()
    const { version: second } = await api.ok(replace(id, { data: 2 }, ifMatch(`"${first}"`)))
    await deployment.pause()
    assert.equal(await api.refusal(replace(id, { data: 3 }, ifMatch(`"${first}"`))), 'version_conflict')
    assert.equal(await api.refusal(patch(id, { data: 3 }, ifMatch(`"${first}"`))), 'version_conflict')
    assert.equal((await api.ok(read(id))).data, 2)
    await api.ok(patch(id, { data: 4 }, ifMatch(`"${second}"`)))
    await deployment.pause()
    await api.ok(replace(id, { data: 5 }, ifMatch('*')))
    assert.equal((await api.ok(read(id))).data, 5)
  })

  it('takes the ETag of every answer that has one', async () => {
    const tagOf = async (call: Parameters<typeof api.send>[0]): Promise<string> => {
      await deployment.pause()
      return (await api.send(call)).headers.get('ETag') ?? ''
    }
    const { id } = await api.ok(create())
    const read1 = await tagOf(read(id))
    const replaced = await tagOf(replace(id, { data: 1 }, ifMatch(read1)))
    const patched = await tagOf(patch(id, { data: 2 }, ifMatch(replaced)))
    await deployment.pause()
    await api.ok(replace(id, { data: 3 }, ifMatch(patched)))
  })

  it('finds no session where there is none', async () => {
    assert.equal(
      await api.refusal(replace(newSessionId(), { data: 1 }, ifMatch(`"${'A'.repeat(16)}"`))),
      'no_such_session',
    )
  })
})

describe('an end', () => {
  it('is the end', async () => {
    const { id } = await api.ok(create({ user: 'ada' }))
    await deployment.pause()
    await api.ok(end(id))
    for (const wait of [0, SECOND, MINUTE, 2 * MINUTE, HOUR, DAY]) {
      await stack.advance(wait)
      for (const call of [read(id), replace(id, { data: 1 }), patch(id, { data: 1 }), regenerate(id)]) {
        assert.equal(await api.refusal(call), 'no_such_session')
      }
      assert.equal(await api.refusal(read(id, { headers: { Strict: 'true' } })), 'no_such_session')
    }
  })

  it('can be asked for again, and for what never was', async () => {
    const { id } = await api.ok(create())
    await deployment.pause()
    await api.ok(end(id))
    await deployment.pause()
    await api.ok(end(id))
    await api.ok(end(newSessionId()))
    await api.ok(end(randomUUID()))
  })

  it('says after how many seconds it holds everywhere', async () => {
    const { headers } = await api.send(end(newSessionId()))
    assert.equal(headers.get('Revocation-Bound'), deployment.store === 'kv' ? '60' : '0')
  })

  it('within the second of the create counts', async () => {
    const { id } = await api.ok(create({ user: 'ada' }))
    await api.ok(end(id))
    assert.ok(!(await api.isLive(id)))
    await stack.advance(2 * MINUTE)
    assert.ok(!(await api.isLive(id)))
  })

  it('bars a session that is not to be seen yet', async () => {
    const uuid = randomUUID()
    await api.ok(end(uuid))
    assert.equal(await api.refusal(create({}, { session: uuid })), 'session_ended')
  })

  it('is not undone by a write that lands late', deployment.onlyKv, async () => {
    const { id, handle } = await api.ok(create({ user: 'ada' }))
    const key = `s:${handle}`
    const record = (await stack.kv.dump()).find((stored) => stored.key === key && stored.current)
    await deployment.pause()
    await api.ok(end(id))
    const late = Buffer.from(record?.value ?? '', 'base64')
    await stack.kv.plant(key, late, { expiration: record?.expiration ?? 0 })
    assert.equal(await api.refusal(read(id)), 'no_such_session')
    assert.equal(await api.refusal(replace(id, { data: 1 })), 'no_such_session')
    await stack.advance(HOUR)
    assert.equal(await api.refusal(read(id)), 'no_such_session')
    const left = (await stack.kv.dump()).filter((stored) => stored.key === key && stored.current)
    assert.deepEqual(left, [], 'nobody can use it, so nobody should keep it')
  })
})

describe('a session under a foreign ID', () => {
  it('is created without an ID of ours, and found by its own', async () => {
    for (const session of [randomUUID(), 'x'.repeat(16), '~!*%"{}'.repeat(18), newSessionId().slice(1)]) {
      const created = await api.ok(create({ data: 1 }, { session }))
      const { data, handle } = await api.ok(read(session))
      assert.deepEqual([data, handle], [1, created.handle])
      assert.ok(!('id' in created))
    }
  })

  it('is replaced by another create, with its lifetimes anew', async () => {
    const session = randomUUID()
    const first = await api.ok(create({ data: 1, user: 'ada', label: 'phone' }, { session }))
    await stack.advance(HOUR)
    const second = await api.ok(create({ data: 2 }, { session }))
    assert.equal(second.handle, first.handle)
    assert.ok(time(second.expires_at) - time(first.expires_at) >= HOUR)
    const { data, user, label } = await api.ok(read(session))
    assert.deepEqual([data, user, label], [2, null, null])
  })

  it('can be written, regenerated to one of ours, and ended', async () => {
    const session = randomUUID()
    await api.ok(create({ data: 1 }, { session }))
    await deployment.pause()
    await api.ok(replace(session, { data: 2 }))
    await deployment.pause()
    const { id } = await api.ok(regenerate(session))
    assert.equal((await api.ok(read(id))).data, 2)
    assert.equal(await api.refusal(read(session)), 'no_such_session')
    assert.equal(await api.refusal(create({}, { session })), 'session_ended')
  })

  it('stays ended for twice the visibility, then may begin again', async () => {
    const session = randomUUID()
    await api.ok(create({ data: 1 }, { session }))
    await deployment.pause()
    await api.ok(end(session))
    for (const wait of [0, 60, 55]) {
      await stack.advance(wait * SECOND)
      assert.equal(await api.refusal(create({ data: 2 }, { session })), 'session_ended')
      assert.equal(await api.refusal(read(session)), 'no_such_session')
    }
    await stack.advance(6 * SECOND)
    await api.ok(create({ data: 3 }, { session }))
    assert.equal((await api.ok(read(session))).data, 3)
    await stack.advance(HOUR)
    assert.equal((await api.ok(read(session))).data, 3)
  })
})
