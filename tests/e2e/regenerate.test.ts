/** Regenerate: a new ID for the same session, and what is left of the old one. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { type Call, create, end, patch, read, regenerate, replace } from './support/api.ts'
import { Deployment, HOUR, MINUTE, SECOND, time } from './support/deployment.ts'

const deployment = await Deployment.start()
const { api, stack } = deployment
after(() => deployment.stop())

const changes = (id: string): Call[] => [
  replace(id, { data: 1 }),
  patch(id, { data: 1 }),
  regenerate(id),
  regenerate(id, { grace: 60 }),
]

describe('regenerate', () => {
  it('gives the session another ID, and the old one is dead at once', async () => {
    const { id: old, ...before } = await api.ok(create({ data: { a: 1 }, user: 'ada', label: 'phone', idle: '1h' }))
    await deployment.pause()
    const { id, ...created } = await api.ok(regenerate(old))
    assert.equal(new Set([old, id, before.handle, created.handle, before.csrf, created.csrf]).size, 6)
    const { data, user, label, last_seen_at, ...session } = await api.ok(read(id))
    assert.deepEqual([data, user, label], [{ a: 1 }, 'ada', 'phone'])
    assert.deepEqual(session, created)
    assert.deepEqual(
      [created.created_at, created.expires_at],
      [before.created_at, before.expires_at],
      'no life is gained',
    )
    assert.ok(time(last_seen_at) >= time(before.created_at))
    for (const wait of [0, MINUTE, 30 * MINUTE]) {
      await stack.advance(wait)
      for (const call of [read(old), ...changes(old)]) assert.equal(await api.refusal(call), 'no_such_session')
    }
    assert.ok(await api.isLive(id))
  })

  it('keeps the session where it is stored', async () => {
    const { id: old } = await api.ok(create())
    await deployment.pause()
    const { id } = await api.ok(regenerate(old))
    const placement = (session: string): number | undefined => Buffer.from(session, 'base64url')[0]
    assert.equal(placement(id), placement(old))
  })

  it('works again and again', async () => {
    let { id } = await api.ok(create({ data: 'kept' }))
    for (let i = 0; i < 5; i += 1) {
      await deployment.pause()
      ;({ id } = await api.ok(regenerate(id)))
    }
    assert.equal((await api.ok(read(id))).data, 'kept')
  })

  it('can replace the data', async () => {
    const { id: old } = await api.ok(create({ data: 'old', user: 'ada' }))
    await deployment.pause()
    const { id } = await api.ok(regenerate(old, { data: 'new' }))
    const { data, user } = await api.ok(read(id))
    assert.deepEqual([data, user], ['new', 'ada'])
  })

  it('with a user is the login: the session is theirs, and its lifetimes start anew', async () => {
    const { id: anonymous, ...before } = await api.ok(create({ data: { cart: ['tea'] }, idle: '2h', absolute: '1d' }))
    await stack.advance(HOUR)
    const { id, ...login } = await api.ok(regenerate(anonymous, { user: 'ada' }))
    assert.ok(time(login.created_at) >= time(before.created_at) + HOUR)
    assert.equal(time(login.expires_at) - time(login.created_at), 24 * HOUR)
    assert.equal(time(login.idle_expires_at) - time(login.created_at), 2 * HOUR)
    const { data, user } = await api.ok(read(id))
    assert.deepEqual([data, user], [{ cart: ['tea'] }, 'ada'])
    assert.ok(!(await api.isLive(anonymous)), 'who had planted the old ID has nothing')
  })

  it('leaves an old ID that no late write revives', deployment.onlyKv, async () => {
    const { id: old, handle } = await api.ok(create({ data: 'old' }))
    const record = (await stack.kv.dump()).find(({ key }) => key === `s:${handle}`)
    await deployment.pause()
    const { id } = await api.ok(regenerate(old))
    const late = Buffer.from(record?.value ?? '', 'base64')
    await stack.kv.plant(`s:${handle}`, late, { expiration: record?.expiration ?? 0 })
    for (const call of [read(old), ...changes(old)]) assert.equal(await api.refusal(call), 'no_such_session')
    assert.ok(await api.isLive(id))
  })

  it('ends the new session with the new ID, and not with the old one', async () => {
    const { id: old } = await api.ok(create())
    await deployment.pause()
    const { id } = await api.ok(regenerate(old))
    await deployment.pause()
    await api.ok(end(old))
    assert.ok(await api.isLive(id))
    await api.ok(end(id))
    assert.ok(!(await api.isLive(id)))
  })
})

describe('grace', () => {
  it('shows the old data under the old ID until it is over', async () => {
    const { id: old, ...before } = await api.ok(create({ data: 'old', user: 'ada' }))
    await deployment.pause()
    const { id } = await api.ok(regenerate(old, { grace: '10s', data: 'new' }))
    const regenerated = stack.now()
    const late = await api.ok(read(old))
    assert.deepEqual([late.data, late.user, late.handle, late.csrf], ['old', 'ada', before.handle, before.csrf])
    assert.equal(late.expires_at, late.idle_expires_at)
    assert.ok(Math.abs(time(late.expires_at) - regenerated - 10 * SECOND) < 2 * SECOND, late.expires_at)
    await stack.advance(5 * SECOND)
    assert.equal((await api.ok(read(old))).data, 'old')
    assert.equal((await api.ok(read(id))).data, 'new')
    await stack.advance(time(late.expires_at) - stack.now())
    assert.equal(await api.refusal(read(old)), 'no_such_session')
    await stack.advance(HOUR)
    assert.equal(await api.refusal(read(old)), 'no_such_session')
    assert.equal((await api.ok(read(id))).data, 'new')
  })

  it('bars every change under the old ID', async () => {
    const { id: old } = await api.ok(create({ data: 'old' }))
    await deployment.pause()
    const { id } = await api.ok(regenerate(old, { grace: 60 }))
    for (const call of changes(old)) assert.equal(await api.refusal(call), 'no_such_session')
    assert.equal((await api.ok(read(old))).data, 'old')
    assert.equal((await api.ok(read(id))).data, 'old')
  })

  it('does not slide', async () => {
    const { id: old } = await api.ok(create({ idle: 600 }))
    await deployment.pause()
    await api.ok(regenerate(old, { grace: '60s' }))
    const deadlines = new Set<string>()
    for (let i = 0; i < 5; i += 1) {
      deadlines.add((await api.ok(read(old))).expires_at)
      await stack.advance(10 * SECOND)
    }
    assert.equal(deadlines.size, 1)
    await stack.advance(15 * SECOND)
    assert.ok(!(await api.isLive(old)))
  })

  it('ends the new session too when the old ID is ended in it', async () => {
    const { id: old } = await api.ok(create({ user: 'ada' }))
    await deployment.pause()
    const { id } = await api.ok(regenerate(old, { grace: 30 }))
    await deployment.pause()
    await api.ok(end(old))
    for (const session of [old, id]) assert.ok(!(await api.isLive(session)), session)
    await stack.advance(2 * MINUTE)
    for (const session of [old, id]) assert.ok(!(await api.isLive(session)), session)
  })

  it('of no seconds is none', async () => {
    const { id: old } = await api.ok(create())
    await deployment.pause()
    await api.ok(regenerate(old, { grace: '0s' }))
    assert.ok(!(await api.isLive(old)))
  })

  it('never outlives the session that it is the grace of', async () => {
    const { id: old, expires_at } = await api.ok(create({ absolute: '20s' }))
    await deployment.pause()
    await api.ok(regenerate(old, { grace: 60 }))
    assert.equal((await api.ok(read(old))).expires_at, expires_at)
    await stack.advance(20 * SECOND)
    assert.ok(!(await api.isLive(old)))
  })
})
