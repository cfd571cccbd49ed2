/** Key rotation: the new key is put second, then first; then the old one is dropped. Nobody is logged out by it. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { create, end, read, regenerate, replace, status } from './support/api.ts'
import { Deployment, HOUR, keyId, newLookupKey, newRootKey } from './support/deployment.ts'

const lookup = newLookupKey()
const [first, second] = [newRootKey(), newRootKey()]
const deployment = await Deployment.start({ keys: `${lookup},${first}` })
const { api, stack } = deployment
after(() => deployment.stop())

/** The ID of the key that a session's record is sealed under: bytes 1 to 4 of its envelope. */
async function sealedUnder(handle: string): Promise<string | undefined> {
  const record = (await stack.kv.dump()).find(({ key, current }) => current && key === `s:${handle}`)
  return record && Buffer.from(record.value, 'base64').subarray(1, 5).toString('hex')
}

const written = await api.ok(create({ data: 'old', user: 'ada' }))
const resting = await api.ok(create({ data: 'resting', user: 'ada' }))
const foreign = '5e551000-0000-4000-8000-00000000c0de'
await api.ok(create({ data: 'foreign' }, { session: foreign }))

describe('with one key', () => {
  it('the status names it', async () => {
    const { key_ids, unknown_key_ids_met } = await api.ok(status)
    assert.deepEqual([key_ids, unknown_key_ids_met], [[keyId(first)], 0])
    assert.equal(await sealedUnder(written.handle), keyId(first))
  })
})

describe('with the new key second', () => {
  before(() => deployment.rekey(`${lookup},${first},${second}`))

  it('everything is as before', async () => {
    assert.deepEqual((await api.ok(status)).key_ids, [keyId(first), keyId(second)])
    assert.equal((await api.ok(read(written.id))).data, 'old')
    const { handle } = await api.ok(create())
    assert.equal(await sealedUnder(handle), keyId(first))
  })
})

describe('with the new key first', () => {
  before(() => deployment.rekey(`${lookup},${second},${first}`))

  it('the old one still opens, and names stay', async () => {
    assert.deepEqual((await api.ok(status)).key_ids, [keyId(second), keyId(first)])
    const session = await api.ok(read(written.id))
    const { data, user, handle, csrf } = session
    assert.deepEqual([data, user, handle, csrf], ['old', 'ada', written.handle, written.csrf])
    assert.equal((await api.ok(read(foreign))).data, 'foreign')
  })

  it('a touch does not move a record, and the next write does', async () => {
    await stack.advance(2 * HOUR)
    for (const { id } of [written, resting]) await api.ok(read(id))
    await api.ok(read(foreign))
    await deployment.requests()
    assert.equal(await sealedUnder(written.handle), keyId(first))
    await api.ok(replace(written.id, { data: 'new' }))
    assert.equal(await sealedUnder(written.handle), keyId(second))
  })

  it('a regenerate moves it too, and new sessions begin with it', async () => {
    const { id } = await api.ok(create())
    await deployment.pause()
    const { handle } = await api.ok(regenerate(id))
    assert.equal(await sealedUnder(handle), keyId(second))
  })
})

describe('without the old key', () => {
  before(async () => {
    await api.ok(end(foreign))
    await deployment.rekey(`${lookup},${second}`)
  })

  it('what was written since opens', async () => {
    const { data, user, handle } = await api.ok(read(written.id))
    assert.deepEqual([data, user, handle], ['new', 'ada', written.handle])
  })

  it('an end from before holds', async () => {
    assert.equal(await api.refusal(create({}, { session: foreign })), 'session_ended')
  })

  it('what was not is gone, and the status shouts', async () => {
    const calm = await api.ok(status)
    assert.deepEqual([calm.unknown_key_ids_met, 'warning' in calm], [0, false])
    assert.equal(await api.refusal(read(resting.id)), 'no_such_session')
    const alarmed = await api.ok(status)
    assert.equal(alarmed.unknown_key_ids_met, 1)
    assert.ok('warning' in alarmed)
  })

  it('and comes back with the key', async () => {
    await deployment.rekey(`${lookup},${second},${first}`)
    assert.equal((await api.ok(read(resting.id))).data, 'resting')
  })
})
