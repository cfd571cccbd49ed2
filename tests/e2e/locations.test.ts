/**
 * Two locations over one store. Each sees the other's writes late and trusts its cache for 30 seconds; within the
 * visibility of 60 seconds they may disagree, and after it they do not.
 */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'

import { create, end, ifMatch, patch, read, regenerate, replace } from './support/api.ts'
import { Deployment, HOUR, MINUTE, SECOND } from './support/deployment.ts'

const VISIBILITY = 60 * SECOND

const deployment = await Deployment.start({ instances: { a: { location: 'A' }, b: { location: 'B' } } })
const { stack } = deployment
const [a, b] = [deployment.api.at('a'), deployment.api.at('b')]
after(() => deployment.stop())

// With the 30 seconds of the cache, all that a location may be late.
await stack.kv.configure('A', { propagationMs: 25 * SECOND })
await stack.kv.configure('B', { propagationMs: 25 * SECOND, lateMs: 4 * SECOND })

async function assertDead(session: string, message: string): Promise<void> {
  for (const [where, api] of Object.entries({ a, b })) {
    for (const headers of [{}, { Strict: 'true' }]) {
      assert.equal(await api.refusal(read(session, { headers })), 'no_such_session', `${message}: lives at ${where}`)
    }
    assert.equal(await api.refusal(replace(session, { data: 1 })), 'no_such_session', `${message}: written at ${where}`)
  }
}

describe('a session that was created in one location', () => {
  it('is there in the other one within the visibility', async () => {
    const { id } = await a.ok(create({ data: 1, user: 'ada' }))
    assert.ok(await a.isLive(id), 'who created it has it at once')
    // The miss is cached as well.
    assert.ok(!(await b.isLive(id)), 'this is what eventual means')
    await stack.advance(VISIBILITY)
    assert.equal((await b.ok(read(id))).data, 1)
  })

  it('can be written from the other one, and both agree within the visibility', async () => {
    const { id, version } = await a.ok(create({ data: 1 }))
    await stack.advance(VISIBILITY)
    const written = await b.ok(replace(id, { data: 2 }, ifMatch(`"${version}"`)))
    await stack.advance(VISIBILITY)
    const [ofA, ofB] = [await a.ok(read(id)), await b.ok(read(id))]
    assert.deepEqual([ofA.data, ofA.version], [2, written.version])
    assert.deepEqual(ofA, ofB)
    assert.equal(await a.refusal(replace(id, { data: 3 }, ifMatch(`"${version}"`))), 'version_conflict')
  })

  it('stays alive where it is used, though the other one sees that late', async () => {
    const { id } = await a.ok(create({ idle: '10m', user: 'ada' }))
    for (let i = 0; i < 20; i += 1) {
      await stack.advance(5 * MINUTE)
      assert.ok(await (i % 4 === 3 ? a : b).isLive(id), `after ${(i + 1) * 5} minutes`)
    }
  })
})

describe('a session that was ended in one location', () => {
  // How long it has lived when it is ended, so whether the other location has settled it.
  for (const age of [VISIBILITY, HOUR]) {
    for (const body of [{}, { user: 'ada' }]) {
      it(`is gone in the other one within the visibility: at ${age / MINUTE} min, ${JSON.stringify(body)}`, async () => {
        const { id } = await a.ok(create(body))
        await stack.advance(age)
        for (let i = 0; i < 3; i += 1) assert.ok(await b.isLive(id))
        await a.ok(end(id))
        assert.ok(!(await a.isLive(id)))
        await stack.advance(20 * SECOND)
        await b.isLive(id)
        await stack.advance(VISIBILITY - 20 * SECOND)
        await assertDead(id, 'ended')
        await stack.advance(HOUR)
        await assertDead(id, 'ended an hour ago')
      })
    }
  }

  it('stays so when the other one wrote to it meanwhile', async () => {
    const { id } = await a.ok(create({ data: 1 }))
    await stack.advance(VISIBILITY)
    assert.ok(await b.isLive(id))
    await a.ok(end(id))
    for (const wait of [SECOND, 10 * SECOND, 10 * SECOND]) {
      await stack.advance(wait)
      await b.send(patch(id, { data: { late: true } }))
    }
    await stack.advance(VISIBILITY)
    await assertDead(id, 'written late')
    await stack.advance(HOUR)
    await assertDead(id, 'written late, an hour ago')
  })

  it('stays so when the other one had not seen it yet', async () => {
    const { id } = await a.ok(create())
    await deployment.pause()
    assert.ok(!(await b.isLive(id)))
    await b.ok(end(id))
    await stack.advance(VISIBILITY + 4 * SECOND)
    await assertDead(id, 'ended unseen')
  })

  it('is dead under its foreign ID too, and a late create does not revive it', async () => {
    const session = randomUUID()
    await a.ok(create({ data: 1 }, { session }))
    await stack.advance(VISIBILITY)
    assert.ok(await b.isLive(session))
    await a.ok(end(session))
    await stack.advance(SECOND)
    // B does not see the end yet; what it creates is covered by it all the same.
    await b.send(create({ data: 2 }, { session }))
    await stack.advance(VISIBILITY + 4 * SECOND)
    await assertDead(session, 'created late')
  })
})

describe('a session that was regenerated in one location', () => {
  it('has lost its old ID in the other one within the visibility, and has its new one', async () => {
    const { id: old } = await a.ok(create({ data: 'kept' }))
    await stack.advance(HOUR)
    for (let i = 0; i < 3; i += 1) assert.ok(await b.isLive(old))
    const { id } = await a.ok(regenerate(old, { grace: '10s' }))
    await stack.advance(VISIBILITY)
    await assertDead(old, 'regenerated')
    assert.equal((await b.ok(read(id))).data, 'kept')
  })
})
