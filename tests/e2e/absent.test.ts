/** One 404: whatever the reason, nobody outside can tell. Forged records are one of the reasons. */

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'

import { type Call, create, end, patch, read, regenerate, replace } from './support/api.ts'
import {
  DAY,
  Deployment,
  SECOND,
  newLookupKey,
  newRootKey,
  newSessionId,
  newToken,
  tokenLine,
} from './support/deployment.ts'

const lookup = newLookupKey()
const elsewhere = newToken()
const vars = { API_TOKENS_ELSEWHERE: tokenLine(elsewhere, { tenant: 'elsewhere' }) }
const deployment = await Deployment.start({ keys: `${lookup},${newRootKey()}`, vars })
const { api, stack } = deployment
after(() => deployment.stop())

/** A session that is not there, and what the log says of it. */
interface Absent {
  what: string
  session: string
  reason: string
}

const IN_GRACE = 'in grace'
const absent = await everyKind()

describe('a session that is not there', () => {
  const calls: Record<string, (session: string) => Call> = {
    read: (session) => read(session),
    'strict read': (session) => read(session, { headers: { Strict: 'true' } }),
    replace: (session) => replace(session, { data: 1 }),
    patch: (session) => patch(session, { data: 1 }),
    regenerate: (session) => regenerate(session),
  }
  const seen = new Map<string, string>()
  for (const [name, call] of Object.entries(calls)) {
    for (const { what, session } of absent) {
      // The old ID of a session in grace can be read: that is what a grace is.
      if (what === IN_GRACE && name.endsWith('read')) continue
      it(`${name}: ${what}`, async () => {
        const { status, headers, text } = await api.send(call(session))
        assert.equal(status, 404)
        const others = [...headers].filter(([header]) => header !== 'date').map((header) => header.join(': '))
        seen.set(JSON.stringify([others.toSorted(), text]), what)
        assert.equal(seen.size, 1, `there are two kinds of 404 now: ${[...seen].join('\n')}`)
      })
    }
  }
})

describe('the log', () => {
  for (const { what, session, reason } of absent) {
    it(`knows why: ${what}: ${reason}`, async () => {
      await api.refusal(replace(session, { data: 1 }))
      const last = (await deployment.requests()).at(-1)
      assert.deepEqual([last?.code, last?.reason], ['no_such_session', reason])
    })
  }
})

async function everyKind(): Promise<Absent[]> {
  const kinds: Absent[] = []
  const add = (what: string, session: string, reason: string): number => kinds.push({ what, session, reason })

  const dropped = await api.ok(create({ idle: '60d', absolute: '60d' }))
  await deployment.rekey(`${lookup},${newRootKey()}`, vars)
  add('sealed under a key that was dropped', dropped.id, 'unknown_key')

  add('never was', newSessionId(), 'absent')
  add('never was, under a foreign ID', randomUUID(), 'absent')
  add('malformed ID', 'short', 'absent')
  add('ID that no bytes have', `${'A'.repeat(42)}B`, 'absent')

  const expired = await api.ok(create({ absolute: '20d' }))
  const idle = await api.ok(create({ absolute: '60d' }))
  await stack.advance(21 * DAY)
  // KV forgets it; an object keeps it until it tidies up.
  add('expired', expired.id, deployment.store === 'kv' ? 'absent' : 'expired')
  add('idle', idle.id, 'idle')
  // KV keeps what it has for 90 seconds, however short the life.
  const short = await api.ok(create({ absolute: 1 }))
  await stack.advance(SECOND)
  add('expired a moment ago', short.id, 'expired')

  const foreign = randomUUID()
  await api.as(elsewhere).ok(create({}, { session: foreign }))
  add('of another tenant, under a foreign ID', foreign, 'absent')
  add('of another tenant', (await api.as(elsewhere).ok(create())).id, 'absent')

  const ended = await api.ok(create({ user: 'ada' }))
  const left = await api.ok(create())
  const inGrace = await api.ok(create())
  await deployment.pause()
  await api.ok(end(ended.id))
  add('ended', ended.id, 'ended')
  await api.ok(regenerate(left.id))
  add('regenerated', left.id, 'ended')
  if (deployment.store === 'kv') kinds.push(...(await forge()))
  await api.ok(regenerate(inGrace.id, { grace: 60 }))
  add(IN_GRACE, inGrace.id, 'grace')
  return kinds
}

/** Sessions whose records somebody who can write to the store has changed. */
async function forge(): Promise<Absent[]> {
  const other = await api.ok(create({ data: 'of another session' }))
  const values = async (): Promise<Map<string, Buffer>> => {
    const stored = await stack.kv.dump()
    return new Map(stored.map(({ key, value }) => [key, Buffer.from(value, 'base64')]))
  }
  const flipped = (at: number) => (record: Buffer) => {
    const copy = Buffer.from(record)
    const index = at < 0 ? record.length + at : at
    copy[index] = (copy[index] ?? 0) ^ 1
    return copy
  }
  const records = await values()
  const forgeries: [string, string, (record: Buffer) => Buffer][] = [
    ['first byte flipped', 'malformed', flipped(0)],
    ['key ID flipped', 'unknown_key', flipped(1)],
    ['expiry flipped', 'unauthentic', flipped(8)],
    ['salt flipped', 'unauthentic', flipped(9)],
    ['commitment flipped', 'unauthentic', flipped(33)],
    ['first byte of the payload flipped', 'unauthentic', flipped(65)],
    ['last byte flipped', 'unauthentic', flipped(-1)],
    ['cut short by a byte', 'unauthentic', (record) => record.subarray(0, -1)],
    ['cut to its header', 'malformed', (record) => record.subarray(0, 9)],
    ['longer by a byte', 'unauthentic', (record) => Buffer.concat([record, Buffer.alloc(1)])],
    ['emptied', 'malformed', () => Buffer.alloc(0)],
    ['JSON in its place', 'malformed', () => Buffer.from(JSON.stringify({ user: 'admin', data: {} }).padEnd(200))],
    ['random bytes in its place', 'malformed', () => Buffer.concat([Buffer.alloc(1), randomBytes(400)])],
    ['another session’s record in its place', 'unauthentic', () => records.get(`s:${other.handle}`) ?? Buffer.alloc(0)],
  ]
  const forged: Absent[] = []
  for (const [what, reason, change] of forgeries) {
    const { id, handle } = await api.ok(create({ data: 'genuine' }))
    const record = (await values()).get(`s:${handle}`) ?? assert.fail('the record is not in the store')
    await stack.kv.plant(`s:${handle}`, change(record))
    forged.push({ what, session: id, reason })
  }
  return forged
}
