/** What `Sessions` promises, wherever the rules run and whatever they write to. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'

import { type ErrorCode, SealedSessionError, type Sessions, generateSessionId } from 'sealed-session'

export interface Data {
  cart?: string[]
  visits?: number
  name?: string | null
}

export interface Subject {
  sessions: Sessions<Data>
  /** Seconds that an end may take to be true everywhere. */
  bound: number
  /** Lets the store's second between two writes of a key pass, where it has one. */
  pause?: () => Promise<void>
}

/** Runs every case against what `subject` gives. */
export function contract(name: string, subject: () => Subject): void {
  const refused = (work: Promise<unknown>, code: ErrorCode, field?: string): Promise<void> =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof SealedSessionError, String(error))
      assert.deepEqual([error.code, error.field], [code, field])
      return true
    })
  const pause = async (): Promise<void> => subject().pause?.()

  describe(name, () => {
    it('creates a session that is read back', async () => {
      const { sessions } = subject()
      const { id, ...created } = await sessions.create({ data: { cart: ['tea ☕'] }, user: 'ada', label: 'Firefox' })
      assert.equal(created.handle, sessions.handle(id))
      assert.equal(created.csrf, sessions.csrfToken(id))
      const { data, user, label, lastSeenAt, ...session } = (await sessions.read(id)) ?? assert.fail('not found')
      assert.deepEqual({ data, user, label }, { data: { cart: ['tea ☕'] }, user: 'ada', label: 'Firefox' })
      assert.deepEqual(session, created)
      assert.equal(lastSeenAt.getTime(), created.createdAt.getTime())
      assert.equal(created.expiresAt.getTime() - created.createdAt.getTime(), 7 * DAY)
      assert.equal(created.idleExpiresAt.getTime() - created.createdAt.getTime(), 12 * HOUR)
    })

    it('takes lifetimes of its own', async () => {
      const { createdAt, expiresAt, idleExpiresAt } = await subject().sessions.create({ idle: '30m', absolute: 2 * 3600 })
      assert.equal(expiresAt.getTime() - createdAt.getTime(), 2 * HOUR)
      assert.equal(idleExpiresAt.getTime() - createdAt.getTime(), HOUR / 2)
    })

    it('finds nothing under an ID that nobody made, or that is none', async () => {
      const { sessions, bound } = subject()
      const malformed = ['short', '', 'ä'.repeat(43), 'x\r\ny'.repeat(10)]
      for (const id of [generateSessionId(), randomUUID(), ...malformed]) {
        assert.equal(await sessions.read(id), undefined)
        assert.deepEqual(await sessions.end(id), { revocationBound: malformed.includes(id) ? 0 : bound })
        await refused(sessions.replace(id, {}), 'no_such_session')
        await refused(sessions.patch(id, {}), 'no_such_session')
        await refused(sessions.regenerate(id), 'no_such_session')
      }
    })

    it('replaces and patches, if the version is right', async () => {
      const { sessions } = subject()
      const { id, version } = await sessions.create({ data: { cart: ['a'], name: 'x' } })
      await pause()
      const replaced = await sessions.replace(id, { cart: ['b'], name: 'y' }, { version })
      assert.notEqual(replaced.version, version)
      await refused(sessions.patch(id, { visits: 1 }, { version }), 'version_conflict')
      await refused(sessions.patch(id, { visits: 1 }, { version: 'none of ours' }), 'invalid_field', 'version')
      await pause()
      await sessions.patch(id, { visits: 1, name: null }, { version: replaced.version, label: 'phone', user: 'bob' })
      const { data, label, user } = (await sessions.read(id)) ?? assert.fail('not found')
      assert.deepEqual({ data, label, user }, { data: { cart: ['b'], visits: 1 }, label: 'phone', user: 'bob' })
      await pause()
      await sessions.patch(id, {}, { label: null, user: null, idle: '20m' })
      const left = (await sessions.read(id)) ?? assert.fail('not found')
      assert.deepEqual([left.label, left.user], [undefined, undefined])
      assert.equal(left.idleExpiresAt.getTime() - left.lastSeenAt.getTime(), HOUR / 3)
    })

    it('regenerates: the old ID dies, or serves its old data a little longer', async () => {
      const { sessions } = subject()
      const { id } = await sessions.create({ data: { visits: 1 } })
      await pause()
      const login = await sessions.regenerate(id, { user: 'ada', data: { visits: 2 } })
      assert.equal(await sessions.read(id), undefined)
      assert.equal((await sessions.read(login.id))?.user, 'ada')
      await pause()
      const next = await sessions.regenerate(login.id, { grace: '10s' })
      assert.deepEqual((await sessions.read(login.id))?.data, { visits: 2 })
      assert.deepEqual((await sessions.read(next.id))?.data, { visits: 2 })
      await refused(sessions.regenerate(next.id, { grace: 61 }), 'invalid_lifetime', 'grace')
    })

    it('ends, for good', async () => {
      const { sessions, bound } = subject()
      const { id } = await sessions.create()
      await pause()
      assert.deepEqual(await sessions.end(id), { revocationBound: bound })
      assert.equal(await sessions.read(id), undefined)
      assert.equal(await sessions.read(id, { strict: true }), undefined)
      await refused(sessions.replace(id, {}), 'no_such_session')
      assert.deepEqual(await sessions.end(id), { revocationBound: bound })
    })

    it('keeps sessions under IDs of the caller, which are never of our kind', async () => {
      const { sessions } = subject()
      const id = randomUUID()
      const created = await sessions.create({ id, data: { visits: 1 } })
      assert.equal(created.id, id)
      assert.deepEqual((await sessions.read(id))?.data, { visits: 1 })
      await refused(sessions.create({ id: generateSessionId() }), 'native_id')
      await refused(sessions.create({ id: 'short' }), 'invalid_session_id')
      await pause()
      await sessions.end(id)
      await refused(sessions.create({ id }), 'session_ended')
    })

    it('knows the sessions of a user', async () => {
      const { sessions, bound } = subject()
      const ada = sessions.user(`ada ${randomUUID()}`)
      const user = (await ada.export()).user
      assert.deepEqual(await ada.list(), { sessions: [], next: undefined })
      const mine = [await sessions.create({ user, label: 'one' }), await sessions.create({ user }), await sessions.create({ user })]
      const handles = async () => (await ada.list()).sessions.map(({ handle }) => handle).toSorted()
      assert.deepEqual(await handles(), mine.map(({ handle }) => handle).toSorted())

      const first = await ada.list({ limit: 2 })
      assert.ok(first.sessions.length <= 2 && first.next !== undefined)
      await refused(ada.list({ limit: 0 }), 'invalid_field', 'limit')

      const [one, two, three] = mine as [(typeof mine)[0], (typeof mine)[0], (typeof mine)[0]]
      const row = (await ada.list()).sessions.find(({ handle }) => handle === one.handle)
      assert.equal(row?.label, 'one')
      assert.equal(row?.joinedAt.getTime(), one.createdAt.getTime())

      await refused(sessions.user('somebody else').revoke(one.handle), 'no_such_session')
      await refused(ada.revoke('no handle'), 'no_such_session')
      assert.deepEqual(await ada.revoke(one.handle), { revocationBound: bound })
      assert.equal(await sessions.read(one.id), undefined)

      await pause()
      const others = await ada.revokeAll({ except: two.id })
      assert.deepEqual(others, { ended: 1, more: false, next: undefined, revocationBound: bound })
      assert.deepEqual([await sessions.read(three.id), await handles()], [undefined, [two.handle]])
      await refused(ada.revokeAll({ except: three.id }), 'no_such_session')
    })

    it('exports and erases, and proves it', async () => {
      const { sessions, bound } = subject()
      const user = `bob ${randomUUID()}`
      const { id, handle } = await sessions.create({ user, data: { name: 'Bob' } })
      const bob = sessions.user(user)
      const exported = await bob.export({ session: id })
      assert.equal(exported.schema, 'sealed-session/export/v1')
      assert.deepEqual(exported.session?.data, { name: 'Bob' })
      assert.deepEqual(exported.sessions.map((session) => session.handle), [handle])
      const stranger = await sessions.create()
      await refused(bob.export({ session: stranger.id }), 'no_such_session')

      await pause()
      const erased = await bob.erase()
      assert.deepEqual([erased.sessionsEnded, erased.partial, erased.more, erased.revocationBound], [1, false, false, bound])
      assert.equal(await sessions.read(id), undefined)
      const { erasedAt, sessionsEnded, completeBy, partial } = erased
      const said = { erasedAt, sessionsEnded, completeBy, partial }
      assert.deepEqual(await sessions.verify(erased.receipt, user), { authentic: true, aboutUser: true, ...said })
      assert.deepEqual(await sessions.verify(erased.receipt, 'ada'), { authentic: true, aboutUser: false, ...said })
      assert.deepEqual(await sessions.verify(erased.receipt), { authentic: true, aboutUser: undefined, ...said })
      assert.deepEqual(await sessions.verify(`${erased.receipt.slice(0, -2)}AA`, user), { authentic: false })
      assert.deepEqual(await sessions.verify('no receipt'), { authentic: false })
      await refused(bob.erase({ receipt: 'no receipt' }), 'invalid_receipt')
    })

    it('round-trips every JSON but own __proto__ keys', async () => {
      const { sessions } = subject()
      const any = sessions as unknown as Sessions<unknown>
      const values: unknown[] = [
        { constructor: 1, toString: null, hasOwnProperty: [], '': 0, '\u0000': '\u{10ffff}' },
        { text: '__proto__ and "__proto__": are fine as values', deep: { deeper: [[{}]] } },
        { list: [1.5, -0.25, 1e21, 'ü', true, null] },
      ]
      for (const data of values) {
        const { id } = await any.create({ data })
        assert.deepEqual((await any.read(id))?.data, data)
      }
      await refused(any.create({ data: JSON.parse('{"a":[{"__proto__":{}}]}') as unknown }), 'invalid_data', '__proto__')
      await refused(any.create({ data: 1n }), 'invalid_data')
      await refused(any.create({ data: () => 1 }), 'invalid_data')
    })

    it('says which field is wrong', async () => {
      const { sessions } = subject()
      await refused(sessions.create({ label: 'l'.repeat(129) }), 'invalid_field', 'label')
      await refused(sessions.create({ user: '' }), 'invalid_field', 'user')
      await refused(sessions.create({ user: 'u'.repeat(257) }), 'invalid_field', 'user')
      await refused(sessions.create({ idle: '1 h' as '1h' }), 'invalid_field', 'idle')
      await refused(sessions.create({ idle: -1 }), 'invalid_field', 'idle')
      await refused(sessions.create({ absolute: '4000d' }), 'invalid_lifetime', 'absolute')
      await refused(sessions.create({ idle: '2h', absolute: '1h' }), 'invalid_lifetime', 'idle')
      await refused(sessions.user('u'.repeat(257)).list(), 'invalid_field', 'user')
    })

    it('stops where the caller gave up', async () => {
      const { sessions } = subject()
      const signal = AbortSignal.abort(new Error('enough'))
      await assert.rejects(sessions.create({ signal }), { message: 'enough' })
      await assert.rejects(sessions.read(generateSessionId(), { signal }), { message: 'enough' })
    })
  })
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
