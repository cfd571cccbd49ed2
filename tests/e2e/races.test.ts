/**
 * Races that other session stores lose, each under the name of the report. What takes exact conditions stands in the tests of
 * the store that has them; here is what even Workers KV must keep, seen from two locations.
 */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'

import { create, end, ifMatch, list, patch, read, regenerate, replace, revokeAll, revokeOne } from './support/api.ts'
import { Deployment, HOUR, SECOND } from './support/deployment.ts'

const BOUND = 60 * SECOND
/** When a version settles: twice the bound after its write, and the twenty seconds that it may be late. */
const SETTLED = 140 * SECOND

const deployment = await Deployment.start({ instances: { a: { location: 'A' }, b: { location: 'B' } } })
const { stack } = deployment
const [a, b] = [deployment.api.at('a'), deployment.api.at('b')]
after(() => deployment.stop())

await stack.kv.configure('B', { propagationMs: 25 * SECOND })

async function assertDead(session: string, message: string): Promise<void> {
  for (const [where, api] of Object.entries({ a, b })) {
    assert.ok(!(await api.isLive(session)), `${message}: lives at ${where}`)
  }
}

describe('expressjs/session', () => {
  it('#632: a long request that saves after the logout does not bring the session back', async () => {
    const { id } = await a.ok(create({ data: { step: 1 }, user: 'ada' }))
    await deployment.pause()
    const { data } = await a.ok(read(id))
    await a.ok(end(id))
    assert.equal(await a.refusal(replace(id, { data })), 'no_such_session')
    // The same save at a location that has not heard of the logout yet.
    await b.send(replace(id, { data }))
    await stack.advance(BOUND)
    await assertDead(id, 'saved late')
    await stack.advance(HOUR)
    await assertDead(id, 'saved late, an hour ago')
  })

  it('#632, with an ID of the application’s own, under which a save may create', async () => {
    const session = randomUUID()
    await a.ok(create({ data: 1 }, { session }))
    await deployment.pause()
    await a.ok(end(session))
    assert.equal(await a.refusal(create({ data: 1 }, { session })), 'session_ended')
    await b.send(create({ data: 1 }, { session }))
    await stack.advance(BOUND)
    await assertDead(session, 'created late')
  })

  it('#361, #606: requests that change different things do not undo each other', async () => {
    const { id } = await a.ok(create({ data: { cart: [1], uploads: {} } }))
    // Both were loaded from the same session, as two parallel uploads would.
    const { version } = await a.ok(read(id))
    await deployment.pause()
    await a.ok(patch(id, { data: { uploads: { first: 'done' } } }))
    await deployment.pause()
    await a.ok(patch(id, { data: { uploads: { second: 'done' } } }))
    assert.deepEqual((await a.ok(read(id))).data, { cart: [1], uploads: { first: 'done', second: 'done' } })
    // Who insists on writing all of what was loaded is told that it is not the latest.
    assert.equal(await a.refusal(replace(id, { data: {} }, ifMatch(`"${version}"`))), 'version_conflict')
  })

  it('#830: to insert is not to update', async () => {
    const { id } = await a.ok(create({ data: 1 }))
    await a.ok(end(id))
    for (const session of [id, randomUUID(), 'A'.repeat(43)]) {
      for (const call of [replace(session, { data: 2 }), patch(session, { data: 2 }), regenerate(session)]) {
        assert.equal(await a.refusal(call), 'no_such_session')
      }
    }
    assert.equal(await a.refusal(create({ data: 2 }, { session: id })), 'native_id')
  })
})

describe('better-auth', () => {
  it('#11073: revoking all reaches a session whose line in the list was lost', async () => {
    const { id, handle } = await a.ok(create({ user: 'lost' }))
    const line = (await stack.kv.dump()).find(({ key }) => key.startsWith('u:') && key.endsWith(`:${handle}`))
    assert.ok(line)
    await stack.kv.plant(line.key, new Uint8Array(), { expiration: stack.now() / SECOND - 1 })
    await stack.advance(BOUND)
    assert.deepEqual((await a.ok(list('lost'))).sessions, [])
    assert.ok(await b.isLive(id))
    assert.equal((await a.ok(revokeAll('lost'))).ended, 0, 'nothing is listed')
    await stack.advance(BOUND)
    await assertDead(id, 'revoked without a line')
  })

  it('#11073: nor does a login at the same time lose one', async () => {
    const logins = await Promise.all(Array.from({ length: 12 }, () => a.ok(create({ user: 'busy' }))))
    await stack.advance(BOUND)
    assert.equal((await b.ok(list('busy'))).sessions.length, logins.length)
    await b.ok(revokeAll('busy'))
    await stack.advance(BOUND)
    for (const { id } of logins) await assertDead(id, 'one of many at once')
  })

  it('#11022: what was under way when a session was revoked does not undo it', async () => {
    const made = await Promise.all([1, 2, 3].map(() => a.ok(create({ user: 'eve', idle: '10m' }))))
    const [read1, renewed, written] = made.map(({ id }) => id) as [string, string, string]
    await stack.advance(SETTLED)
    await a.ok(revokeAll('eve'))
    // B has not heard of it: a read that touches, a change of ID, a write.
    await b.send(read(read1))
    const successor = await b.send(regenerate(renewed))
    await b.send(replace(written, { data: 1 }))
    await stack.advance(BOUND)
    for (const { id } of made) await assertDead(id, 'revoked')
    if (successor.status === 201) await assertDead((successor.body as { id: string }).id, 'what it became')
    assert.deepEqual((await a.ok(list('eve'))).sessions, [], 'nor does a touch put it back into the list')
  })
})

describe('better-auth-cloudflare', () => {
  it('#61: a session that was signed out is out at the other location within the bound that the answer states', async () => {
    const { id, handle } = await a.ok(create({ user: 'traveller' }))
    await stack.advance(SETTLED)
    for (let i = 0; i < 3; i += 1) assert.ok(await b.isLive(id), 'settled and cached there')
    const answer = await a.send(revokeOne('traveller', handle))
    const bound = Number(answer.headers.get('Revocation-Bound')) * SECOND
    assert.equal(bound, BOUND)
    await stack.advance(bound)
    await assertDead(id, 'signed out')
  })
})
