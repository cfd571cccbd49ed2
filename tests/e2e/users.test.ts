/** The calls about one user, over a store as it is: KV is late, lists later still, and holds many sessions. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import {
  type Created,
  type Revoked,
  type UserSessions,
  create,
  end,
  erase,
  exportUser,
  list,
  read,
  regenerate,
  replace,
  revokeAll,
  revokeOne,
  verify,
} from './support/api.ts'
import { Deployment, HOUR, MINUTE, SECOND } from './support/deployment.ts'

const deployment = await Deployment.start({ instances: { a: { location: 'A' }, b: { location: 'B' } } })
const { stack } = deployment
const [a, b] = [deployment.api.at('a'), deployment.api.at('b')]
after(() => deployment.stop())

/** Seconds after which an end holds everywhere. */
const BOUND = deployment.store === 'kv' ? 60 : 0
const VISIBILITY = BOUND * SECOND

let users = 0
/** A user of each test's own. */
const somebody = (): string => `user ${(users += 1)} ä%@example.org`

async function login(user: string, count: number): Promise<Created[]> {
  const made: Created[] = []
  for (let i = 0; i < count; i += 1) made.push(await a.ok(create({ user, label: `device ${i}`, data: i })))
  await stack.advance(VISIBILITY)
  return made
}

async function assertDead(sessions: { id: string }[], message: string): Promise<void> {
  for (const [where, api] of Object.entries({ a, b })) {
    for (const { id } of sessions) {
      assert.equal(await api.refusal(read(id, { headers: { Strict: 'true' } })), 'no_such_session', `${message}: ${where}`)
      assert.equal(await api.refusal(replace(id, { data: 1 })), 'no_such_session', `${message}: written at ${where}`)
    }
  }
}

const handles = (sessions: { handle: string }[]): string[] => sessions.map(({ handle }) => handle).toSorted()

describe('a list', () => {
  it('shows what its user has, and who looks last was there last', async () => {
    const user = somebody()
    const made = await login(user, 3)
    await login(somebody(), 2)
    await stack.advance(2 * HOUR)
    const [first] = made as [Created]
    assert.ok(await b.isLive(first.id))
    await stack.advance(VISIBILITY)
    const { sessions, next } = await a.ok(list(user))
    assert.deepEqual([handles(sessions), next], [handles(made), null])
    assert.deepEqual(new Set(sessions.map(({ label }) => label)), new Set(['device 0', 'device 1', 'device 2']))
    const latest = sessions.toSorted((x, y) => y.last_seen_at.localeCompare(x.last_seen_at))[0]
    assert.equal(latest?.handle, first.handle)
  })

  it('drops what ended, and heals the index where an end could not', deployment.onlyKv, async () => {
    const user = somebody()
    const made = await login(user, 3)
    const [first, second, third] = made as [Created, Created, Created]
    await b.ok(end(first.id))
    // The end's own delete of the line gets lost.
    await stack.kv.configure('B', { faults: [{ on: 'delete', prefix: 'u:', status: 500, times: 9 }] })
    assert.equal(await b.refusal(end(second.id)), 'store_unavailable')
    await stack.kv.configure('B', { faults: [] })
    await stack.advance(VISIBILITY)
    assert.deepEqual(handles((await a.ok(list(user))).sessions), [third.handle])
    await deployment.requests()
    const left = (await stack.kv.dump()).filter(({ key }) => key.startsWith('u:') && key.endsWith(second.handle))
    assert.deepEqual(left, [], 'the stale line was deleted')
  })

  it('shows a session that is only ever written to as one that is in use', async () => {
    const user = somebody()
    const { id } = await a.ok(create({ user, idle: '10m' }))
    for (let i = 0; i < 6; i += 1) {
      await stack.advance(4 * MINUTE)
      await a.ok(replace(id, { data: i }))
    }
    await stack.advance(VISIBILITY)
    assert.equal((await b.ok(list(user))).sessions.length, 1)
    await stack.advance(13 * MINUTE)
    assert.equal((await b.ok(list(user))).sessions.length, 0, 'and as gone when it is idle')
  })
})

describe('revoking one', () => {
  it('ends it everywhere within the bound, if it is theirs', async () => {
    const user = somebody()
    const [one, other] = (await login(user, 2)) as [Created, Created]
    assert.ok(await b.isLive(one.id))
    assert.equal(await a.refusal(revokeOne(somebody(), one.handle)), 'no_such_session')
    assert.equal(await a.refusal(revokeOne(user, 'A'.repeat(43))), 'no_such_session')
    const answer = await a.send(revokeOne(user, one.handle))
    assert.deepEqual([answer.status, answer.headers.get('Revocation-Bound')], [204, String(BOUND)])
    await stack.advance(VISIBILITY)
    await assertDead([one], 'revoked')
    assert.ok(await b.isLive(other.id))
    assert.deepEqual(handles((await b.ok(list(user))).sessions), [other.handle])
    assert.equal(await b.refusal(revokeOne(user, one.handle)), 'no_such_session')
  })

  it('reaches what it became by a regenerate that could not see it', deployment.onlyKv, async () => {
    const user = somebody()
    const [one] = (await login(user, 1)) as [Created]
    await stack.kv.configure('B', { propagationMs: 25 * SECOND })
    await a.ok(revokeOne(user, one.handle))
    const successor = await b.ok(regenerate(one.id))
    await stack.kv.configure('B', { propagationMs: 0 })
    await stack.advance(VISIBILITY)
    await assertDead([one, successor], 'revoked while it changed its ID')
  })
})

describe('revoking all', () => {
  it('ends all but the spared, also what no list shows yet', async () => {
    const user = somebody()
    const made = await login(user, 3)
    const [spared, ...rest] = made as [Created, Created, Created]
    await stack.kv.configure('A', { listLagMs: 45 * SECOND })
    const unlisted = await b.ok(create({ user }))
    const revoked = await a.ok(revokeAll(user, { session: spared.id }))
    // A list that is late does not show it; the marker ends it all the same.
    const listed = deployment.store === 'kv' ? 2 : 3
    assert.deepEqual([revoked.ended, revoked.more, revoked.revocation_bound_seconds], [listed, false, BOUND])
    await stack.kv.configure('A', { listLagMs: 0 })
    await stack.advance(VISIBILITY)
    await assertDead([...rest, unlisted], 'revoked')
    for (const api of [a, b]) assert.ok(await api.isLive(spared.id), 'spared')
    assert.deepEqual(handles((await b.ok(list(user))).sessions), [spared.handle])
    const again = await b.ok(create({ user }))
    await stack.advance(VISIBILITY)
    for (const api of [a, b]) assert.ok(await api.isLive(again.id), 'logged in afterwards')
  })

  it('spares only a session that is alive and theirs, and else ends nothing', async () => {
    const [user, other] = [somebody(), somebody()]
    const made = await login(user, 2)
    const [stranger] = (await login(other, 1)) as [Created]
    for (const session of [stranger.id, 'A'.repeat(43), 'no ID at all']) {
      assert.equal(await a.refusal(revokeAll(user, { session })), 'no_such_session')
    }
    for (const { id } of [...made, stranger]) assert.ok(await a.isLive(id))
  })

  it('goes through any number of sessions, and no call takes more than a thousand operations', async () => {
    const user = somebody()
    const made: Created[] = []
    while (made.length < 2_500) {
      made.push(...(await Promise.all(Array.from({ length: 50 }, () => a.ok(create({ user }))))))
    }
    await stack.advance(VISIBILITY)

    const seen: { handle: string }[] = []
    let cursor: string | null = null
    do {
      const page: UserSessions = await a.ok(list(user, 100, { cursor }))
      assert.ok(page.sessions.length <= 100)
      seen.push(...page.sessions)
      cursor = page.next
    } while (cursor !== null)
    assert.deepEqual(handles(seen), handles(made))

    let [ended, calls, next]: [number, number, string | null] = [0, 0, null]
    do {
      const revoked: Revoked = await a.ok(revokeAll(user, { cursor: next }))
      assert.equal(revoked.more, revoked.next !== null)
      ended += revoked.ended
      calls += 1
      next = revoked.next
    } while (next !== null)
    assert.deepEqual([ended, calls], [2_500, 9])
    await stack.advance(VISIBILITY)
    assert.deepEqual((await b.ok(list(user))).sessions, [])
    await assertDead(made.filter((_, i) => i % 250 === 0), 'one of many')
  })
})

describe('an export', () => {
  it('has every line of the index, and the session that is shown with it', async () => {
    const user = somebody()
    const [one, two] = (await login(user, 2)) as [Created, Created]
    const exported = await a.ok(exportUser(user))
    assert.deepEqual([handles(exported.sessions), exported.session], [handles([one, two]), null])
    assert.equal((await a.ok(exportUser(user, { session: two.id }))).session?.data, 1)
    assert.equal(await a.refusal(exportUser(somebody(), { session: two.id })), 'no_such_session')
  })
})

describe('an erasure', () => {
  it('ends and forgets, and its receipt is checked anywhere by whoever knows the user', async () => {
    const user = somebody()
    const made = await login(user, 2)
    const erased = await a.ok(erase(user))
    assert.deepEqual([erased.sessions_ended, erased.more, erased.partial], [2, false, false])
    assert.ok(erased.complete_by >= (made[1]?.expires_at ?? ''))
    await stack.advance(VISIBILITY)
    await assertDead(made, 'erased')
    assert.deepEqual((await b.ok(list(user))).sessions, [])
    assert.deepEqual((await b.ok(exportUser(user))).sessions, [])
    const lines = (await stack.kv.dump()).filter(({ key }) => made.some(({ handle }) => key.includes(handle)))
    const left = deployment.store === 'kv' ? ['e:'] : []
    assert.deepEqual([...new Set(lines.map(({ key }) => key.slice(0, 2)))], left, 'what stays keeps the sessions ended')

    assert.equal((await b.ok(verify(erased.receipt))).about_user, null)
    assert.equal((await b.ok(verify(erased.receipt, user))).about_user, true)
    assert.equal((await b.ok(verify(erased.receipt, somebody()))).about_user, false)
    const forged = `${erased.receipt.slice(0, 20)}${erased.receipt[20] === 'A' ? 'B' : 'A'}${erased.receipt.slice(21)}`
    assert.deepEqual(await b.ok(verify(forged)), { authentic: false })
  })
})
