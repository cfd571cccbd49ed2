/**
 * What docs/THREAT-MODEL.md says of who has the store, a key or a session's ID: what they cannot do, and what they can.
 * Their cryptography is support/format.ts, which shares nothing with the kernel.
 */

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { type Call, create, end, patch, read, regenerate, replace } from './support/api.ts'
import {
  DAY,
  Deployment,
  HOUR,
  MINUTE,
  SECOND,
  newLookupKey,
  newRootKey,
  newSessionId,
  time,
} from './support/deployment.ts'
import {
  PURPOSES,
  TENANT,
  bytesOf,
  concat,
  derive,
  endMarker,
  handleOf,
  inputKey,
  lp,
  open,
  revokeMarker,
  scopeKey,
  seal,
  seconds,
  textOf,
  u32,
  u64,
} from './support/format.ts'

/** When a version settles: twice the visibility after its write, and the twenty seconds that it may be late. */
const SETTLED = 140 * SECOND
const VISIBILITY = 60 * SECOND
const [lookup, root] = [newLookupKey(), newRootKey()]
const [lookupKey, rootKey] = [bytesOf(lookup.slice('slk1_'.length)), bytesOf(root.slice('ssk1_'.length))]

const deployment = await Deployment.start({
  keys: `${lookup},${root}`,
  instances: { a: { location: 'A' }, b: { location: 'B' } },
})
const { stack } = deployment
const [api, b] = [deployment.api.at('a'), deployment.api.at('b')]
after(() => deployment.stop())

const STRICT = { headers: { Strict: 'true' } }
const changes = (session: string): Call[] => [
  replace(session, { data: 1 }),
  patch(session, { data: 1 }),
  regenerate(session),
]

/** That nothing at all can be done with a session. */
async function assertDead(session: string, message: string, callers = { a: api }): Promise<void> {
  for (const [where, caller] of Object.entries(callers)) {
    for (const call of [read(session), read(session, STRICT), ...changes(session)]) {
      assert.equal(await caller.refusal(call), 'no_such_session', `${message}: ${call.method} at ${where}`)
    }
  }
}

describe('what the store shows of a session, presented as its Session-Id', () => {
  const own = 'the ID itself'
  const shown = new Map<string, string>()
  before(async () => {
    const { id, handle, version } = await api.ok(create({ data: 'kept', user: 'ada' }))
    await api.ok(read(id))
    const logId = (await deployment.requests()).at(-1)?.log_id ?? assert.fail('no log ID')
    shown.set(own, id).set('the handle', handle).set('the version', version).set('the log ID', logId)
    shown.set('the pseudonym', await pseudonymOf(handle))
  })

  for (const what of ['the handle', 'the pseudonym', 'the version', 'the log ID']) {
    it(`${what} is the same 404 as an ID that never was`, async () => {
      const [session, id] = [shown.get(what) ?? '', shown.get(own) ?? '']
      const stranger = newSessionId()
      for (const [i, call] of [read(session), read(session, STRICT), ...changes(session)].entries()) {
        const other = [read(stranger), read(stranger, STRICT), ...changes(stranger)][i] ?? assert.fail()
        const answers = [await api.send(call), await api.send(other)].map(({ status, headers, text }) => {
          return [status, [...headers].filter(([name]) => name !== 'date'), text]
        })
        assert.equal(answers[0]?.[0], 404)
        assert.deepEqual(answers[0], answers[1])
      }
      await api.send(end(session))
      assert.equal((await api.ok(read(id, STRICT))).data, 'kept', 'an end by it ended the session')
    })
  }

  it('the handle and the pseudonym begin no session either', async () => {
    for (const what of ['the handle', 'the pseudonym']) {
      const answer = await api.send(create({}, { session: shown.get(what) ?? '' }))
      assert.equal(answer.status, 400, answer.text)
    }
  })
})

describe('copies of the store', () => {
  const user = `user-${randomUUID()}`
  const foreign = randomUUID()
  const label = 'Firefox on Linux'
  const copies: Copied[] = []
  let candidates: Buffer[] = []
  let [used, regenerated]: { id: string; handle: string }[] = []

  before(async () => {
    const take = async (): Promise<void> => {
      const known = new Set(copies.map(({ sealed }) => textOf(sealed)))
      copies.push(...(await copy()).filter(({ sealed }) => !known.has(textOf(sealed))))
    }
    await stack.kv.wipe()
    used = await api.ok(create({ data: { cart: ['tea'] } }))
    const old = await api.ok(create({ data: 'a secret', user, label }))
    await api.ok(create({ data: 'a secret' }, { session: foreign }))
    await take()
    await stack.advance(2 * HOUR)
    // Touches, so that there is an `a:`; a write, a grace, an end.
    for (const session of [used.id, old.id, foreign]) await api.ok(read(session))
    await deployment.requests()
    await api.ok(replace(used.id, { data: { cart: [] } }))
    await take()
    regenerated = await api.ok(regenerate(old.id, { grace: 60 }))
    await take()
    await deployment.pause()
    const ended = await api.ok(create({ data: 'a secret' }))
    await take()
    await deployment.pause()
    await api.ok(end(ended.id))
    await take()
    candidates = everythingIn(copies)
  })

  const ofKind = (kind: string): string[] => {
    return [...new Set(copies.map(({ key }) => key).filter((key) => key.startsWith(kind)))].toSorted()
  }

  it('hold enough to try', () => {
    const kinds = new Set(copies.map(({ key }) => key.slice(0, 2)))
    assert.deepEqual([...kinds].toSorted(), ['a:', 'e:', 'f:', 's:', 'u:'])
    assert.equal(ofKind('s:').length, 5)
    assert.ok(candidates.length > 2_000, `only ${candidates.length} candidates`)
  })

  it('open no record with the root key: only what says when nobody’s session was last seen', async () => {
    const opened = await opening(copies, [rootKey], [rootKey, lookupKey, ...candidates])
    assert.notDeepEqual(opened, [], 'the handles are among the candidates, so `a:` opens')
    assert.deepEqual(opened, ofKind('a:'))
  })

  it('open nothing at all with the lookup key', async () => {
    assert.deepEqual(await opening(copies, [lookupKey], [lookupKey, ...candidates]), [])
  })

  it('open nothing with a session’s ID and no root key', async () => {
    const id = bytesOf(used?.id ?? '')
    assert.deepEqual(await opening(copies, [id, lookupKey, ...candidates], [id]), [])
  })

  it('open a session’s record, and nothing else, with the root key and its ID', async () => {
    for (const session of [used, regenerated]) {
      const { id, handle } = session ?? assert.fail()
      assert.deepEqual(await opening(copies, [rootKey], [bytesOf(id)]), [`s:${handle}`])
    }
  })

  it('open it with the root key alone where its ID lay in them, so the search can find one', async () => {
    const { id, handle } = used ?? assert.fail()
    const leak = { key: 's:', sealed: concat(randomBytes(41), bytesOf(id), randomBytes(7)) }
    assert.deepEqual(await opening(copies, [rootKey], everythingIn([leak])), [`s:${handle}`])
  })

  it('say with the root key whether a user was guessed, and then the label', () => {
    const entries = copies.filter(({ key }) => key.startsWith('u:'))
    assert.ok(entries.length >= 3)
    for (const { key, sealed } of entries) {
      const handle = bytesOf(key.split(':')[2] ?? '')
      const scope = scopeKey(rootKey, PURPOSES['u:'])
      const guessed = (guess: string) => open(inputKey(scope, concat(lp(guess), handle)), sealed)
      assert.equal(guessed('somebody else'), null)
      assert.ok(guessed(user)?.toString('latin1').endsWith(label))
    }
  })

  it('say with the lookup key whether a user, or a foreign ID, was guessed', () => {
    const names = new Set(copies.flatMap(({ key }) => key.split(':')))
    const isThere = (name: Buffer): boolean => names.has(textOf(name))
    const session = (guess: string): Buffer => handleOf(derive(lookupKey, 'foreign id', TENANT, guess))
    assert.deepEqual([user, 'ada'].map((guess) => isThere(derive(lookupKey, 'user', TENANT, guess))), [true, false])
    assert.deepEqual([foreign, randomUUID()].map((guess) => isThere(session(guess))), [true, false])
  })

  it('open with both keys the record of a foreign ID that was guessed', async () => {
    const id = derive(lookupKey, 'foreign id', TENANT, foreign)
    assert.deepEqual(await opening(copies, [rootKey], [id]), [`s:${textOf(handleOf(id))}`])
  })
})

/** Markers that no reader understands. */
const UNREADABLE = {
  'of no bytes': Buffer.alloc(0),
  'of another format': Buffer.alloc(21, 2),
  'cut short': Buffer.alloc(20, 1),
  'too long': Buffer.alloc(46, 1),
  'of text': Buffer.from('{"ended":false}'),
}

describe('who writes to the store', () => {
  it('undoes a logout by removing its marker and putting the older record back, until that expires', async () => {
    const { id, handle, expires_at } = await api.ok(create({ data: 'older', user: 'ada', idle: '7d' }))
    const older = await stored(`s:${handle}`)
    await deployment.pause()
    await api.ok(replace(id, { data: 'newer' }))
    await deployment.pause()
    await api.ok(end(id))
    await put(`s:${handle}`, older)
    await assertDead(id, 'the marker stands')
    await deployment.requests()
    await remove(`e:${handle}`)
    await assertDead(id, 'the record is gone')
    await put(`s:${handle}`, older)
    assert.equal((await api.ok(read(id, STRICT))).data, 'older')
    await stack.advance(time(expires_at) - stack.now())
    await assertDead(id, 'expired')
  })

  it('needs not even remove the marker, for plain reads of an instance that settled that very version', async () => {
    const { id, handle } = await api.ok(create({ data: 'older' }))
    const older = await stored(`s:${handle}`)
    await stack.advance(SETTLED)
    assert.ok(await b.isLive(id))
    await api.ok(end(id))
    await stack.advance(VISIBILITY)
    assert.ok(!(await b.isLive(id)))
    await put(`s:${handle}`, older)
    assert.equal((await b.ok(read(id))).data, 'older', 'DESIGN.md, "Settling": no marker is asked for')
    await assertDead(id, 'not settled', { a: api })
    await deployment.requests()
    await put(`s:${handle}`, older)
    for (const call of [read(id, STRICT), ...changes(id)]) assert.equal(await b.refusal(call), 'no_such_session')
    await deployment.requests()
    assert.ok(!(await b.isLive(id)), 'who met the marker deleted the record')
  })

  for (const [what, marker] of Object.entries({ 'that can be read': null, ...UNREADABLE })) {
    it(`ends a session by planting an e: ${what}`, async () => {
      const { id, handle } = await api.ok(create({ user: 'ada' }))
      const bystander = await api.ok(create({ user: 'ada' }))
      await put(`e:${handle}`, marker ?? ended())
      await assertDead(id, 'planted')
      await stack.advance(HOUR)
      await assertDead(id, 'an hour ago')
      assert.ok(await api.isLive(bystander.id))
    })
  }

  it('ends by it what an instance has settled for all calls but plain reads there', async () => {
    const { id, handle } = await api.ok(create())
    await stack.advance(SETTLED)
    assert.ok(await api.isLive(id))
    await put(`e:${handle}`, ended())
    assert.ok(await api.isLive(id), 'DESIGN.md, "Settling": an end deletes the record, and this one did not')
    for (const call of [read(id, STRICT), ...changes(id)]) assert.equal(await api.refusal(call), 'no_such_session')
    await deployment.requests()
    assert.ok(!(await api.isLive(id)), 'who met the marker deleted the record')
  })

  for (const [what, marker] of Object.entries(UNREADABLE)) {
    it(`lets nobody in by making an e: one ${what}: it counts as the strictest`, async () => {
      const { id, handle } = await api.ok(create())
      const record = await stored(`s:${handle}`)
      await deployment.pause()
      await api.ok(end(id))
      await put(`e:${handle}`, marker)
      await put(`s:${handle}`, record)
      await assertDead(id, 'ended, and its marker damaged')

      const { id: old, handle: inGrace } = await api.ok(create())
      await deployment.pause()
      await api.ok(regenerate(old, { grace: 60 }))
      assert.ok(await api.isLive(old))
      await put(`e:${inGrace}`, marker)
      await assertDead(old, 'there is no grace under it')

      const foreign = randomUUID()
      const { handle: barred } = await api.ok(create({}, { session: foreign }))
      await put(`e:${barred}`, marker)
      await stack.advance(100 * DAY)
      assert.equal(await api.refusal(create({}, { session: foreign })), 'session_ended', 'its bar never ends')
    })
  }

  it('ends all of a user’s sessions by planting an r:, but the spared one and later ones', async () => {
    const { spared, others, stranger, marker } = await sessionsOfOne()
    await put(marker, revoked(spared.handle))
    for (const { id } of others) await assertDead(id, 'revoked')
    await stack.advance(SECOND)
    const later = await api.ok(create({ user: spared.user }))
    for (const { id } of [spared, later, stranger]) assert.ok(await api.isLive(id))
  })

  for (const [what, bytes] of Object.entries(UNREADABLE)) {
    it(`ends them all, the spared and the later ones too, by an r: ${what}`, async () => {
      const { spared, others, stranger, marker } = await sessionsOfOne()
      await put(marker, revoked(spared.handle))
      assert.ok(await api.isLive(spared.id))
      await put(marker, bytes)
      await stack.advance(SECOND)
      const later = await api.ok(create({ user: spared.user }))
      for (const { id } of [spared, later, ...others]) await assertDead(id, 'revoked')
      assert.ok(await api.isLive(stranger.id))
    })
  }

  /** Some sessions of a user, one of somebody else, and where the user's `r:` belongs, as the store shows it. */
  async function sessionsOfOne() {
    const user = `user-${randomUUID()}`
    const one = await api.ok(create({ user }))
    const others = [await api.ok(create({ user })), await api.ok(create({ user, label: 'phone' }))]
    const stranger = await api.ok(create({ user: 'somebody else' }))
    return { spared: { ...one, user }, others, stranger, marker: `r:${await pseudonymOf(one.handle)}` }
  }
})

describe('who writes to the store and has the root key', () => {
  it('makes a session of any user under an ID of their choosing', async () => {
    const id = randomBytes(32)
    const session = textOf(id)
    assert.ok(!(await api.isLive(session)))
    await stack.advance(VISIBILITY)
    await put(`s:${textOf(handleOf(id))}`, record(id, { user: 'admin', data: '{"role":"admin"}' }))
    const { user, data } = await api.ok(read(session, STRICT))
    assert.deepEqual([user, data], ['admin', { role: 'admin' }])
    await api.ok(replace(session, { data: 'written' }))
    assert.equal((await api.ok(read(session))).data, 'written')
  })

  it('makes none under the ID of somebody else, which they do not have', async () => {
    const chosen = randomBytes(32)
    const victim = await api.ok(create({ data: 'genuine', user: 'ada' }))
    const key = `s:${victim.handle}`
    const genuine = await stored(key)
    const subjects = {
      'the handle': bytesOf(victim.handle),
      'an ID of their choosing': chosen,
      'the pseudonym': bytesOf(await pseudonymOf(victim.handle)),
      'the root key': rootKey,
      'no bytes': Buffer.alloc(0),
    }
    for (const [what, subject] of Object.entries(subjects)) {
      await put(key, record(subject, { user: 'ada', data: '"forged"' }))
      await assertDead(victim.id, `sealed for ${what}`)
      await assertDead(textOf(chosen), `sealed for ${what}`)
    }
    await put(key, genuine)
    assert.equal((await api.ok(read(victim.id))).data, 'genuine')
    // So it was the ID that they lacked, and nothing else.
    await put(key, record(bytesOf(victim.id), { user: 'ada', data: '"forged"' }))
    assert.equal((await api.ok(read(victim.id))).data, 'forged')
  })

  for (const user of [null, 'ada']) {
    it(`makes ${user ? 'a u:' : 'an a:'} by which an idle session lives on, and no longer than it may`, async () => {
      const { id, handle, expires_at } = await api.ok(create({ idle: '1h', absolute: '1d', ...(user && { user }) }))
      await stack.advance(2 * HOUR)
      await assertDead(id, 'idle')
      await seen()
      assert.ok(await api.isLive(id))
      await stack.advance(time(expires_at) - stack.now())
      await seen()
      await assertDead(id, 'past the absolute deadline')

      /** Says, without the session's ID, that it was just in use. */
      async function seen(): Promise<void> {
        const [now, until] = [stack.now(), stack.now() + DAY]
        if (user === null) {
          await put(`a:${handle}`, seal(rootKey, PURPOSES['a:'], bytesOf(handle), until, concat([1], u64(now))))
          return
        }
        const entry = concat([1], u64(now), u64(until), u32(DAY / SECOND), u64(now), u64(now))
        const sealed = seal(rootKey, PURPOSES['u:'], concat(lp(user), bytesOf(handle)), until, entry)
        await stack.kv.plant(await entryKey(handle), Buffer.alloc(0), { metadata: textOf(sealed) })
      }
    })
  }
})

describe('who writes to the store and has a session’s ID', () => {
  it('keeps it alive through every logout, as it was, up to the absolute deadline and no further', async () => {
    const { id, handle, expires_at } = await api.ok(create({ data: 'kept', absolute: '2d' }))
    const kept = await stored(`s:${handle}`)
    /** Undoes a logout: the marker goes, the record comes back, and so does that it was used lately. */
    const revive = async (used: Buffer, value = kept): Promise<void> => {
      await deployment.requests()
      await remove(`e:${handle}`)
      await put(`a:${handle}`, used)
      await put(`s:${handle}`, value)
    }
    const lastUsed = async (): Promise<Buffer> => {
      await api.ok(read(id))
      await deployment.requests()
      return stored(`a:${handle}`)
    }
    for (let hours = 6; hours < 48; hours += 6) {
      await stack.advance(6 * HOUR)
      const used = await lastUsed()
      await api.ok(replace(id, { data: hours }))
      await deployment.pause()
      await api.ok(end(id))
      await assertDead(id, `logged out after ${hours} hours`)
      await revive(used)
      const session = await api.ok(read(id, STRICT))
      assert.deepEqual([session.data, session.expires_at], ['kept', expires_at], `after ${hours} hours`)
    }
    await stack.advance(time(expires_at) - MINUTE - stack.now())
    const used = await lastUsed()
    // What the header says of the deadline is bound into the key.
    const prolonged = Buffer.from(kept)
    prolonged.writeUInt32BE(seconds(stack.now() + DAY), 5)
    await revive(used, prolonged)
    await assertDead(id, 'prolonged')
    await revive(used)
    assert.ok(await api.isLive(id))
    await stack.advance(time(expires_at) - stack.now())
    for (const value of [kept, prolonged]) {
      await revive(used, value)
      await assertDead(id, 'past its deadline')
    }
  })

  it('reaches no other session with it', async () => {
    const own = await api.ok(create({ data: 'own' }))
    const other = await api.ok(create({ data: 'other' }))
    const [ownRecord, otherRecord] = [await stored(`s:${own.handle}`), await stored(`s:${other.handle}`)]
    await put(`s:${own.handle}`, otherRecord)
    await put(`s:${other.handle}`, ownRecord)
    for (const { id } of [own, other]) await assertDead(id, 'exchanged')
  })
})

describe('a regenerate at another location', () => {
  const everywhere = { a: api, b }
  before(async () => {
    // With the 30 seconds of the cache, all that a location may be late.
    await stack.kv.configure('A', { propagationMs: 25 * SECOND })
    await stack.kv.configure('B', { propagationMs: 25 * SECOND, lateMs: 4 * SECOND })
  })

  /** A session that both locations know, and that was ended at one of them. */
  async function loggedOut(): Promise<string> {
    const { id } = await api.ok(create({ data: 'stolen', user: 'ada' }))
    await stack.advance(VISIBILITY)
    assert.ok(await b.isLive(id))
    await api.ok(end(id))
    assert.ok(!(await api.isLive(id)))
    return id
  }

  it('does not escape a logout that is not seen there yet', async () => {
    const old = await loggedOut()
    await stack.advance(10 * SECOND)
    const { id } = await b.ok(regenerate(old))
    await stack.advance(VISIBILITY + 4 * SECOND)
    for (const wait of [0, HOUR]) {
      await stack.advance(wait)
      await assertDead(old, 'the ID that was logged out', everywhere)
      await assertDead(id, 'what it became', everywhere)
    }
  })

  it('does not escape it by another change of ID, nor by a grace, nor by a login', async () => {
    const old = await loggedOut()
    await stack.advance(5 * SECOND)
    const { id: second } = await b.ok(regenerate(old, { grace: '60s' }))
    await stack.advance(5 * SECOND)
    const { id: third } = await b.ok(regenerate(second, { user: 'eve', data: 'still mine' }))
    await stack.advance(VISIBILITY + 4 * SECOND)
    for (const id of [old, second, third]) await assertDead(id, 'after the logout of the first', everywhere)
  })

  it('comes too late once the visibility is over, and the logout holds', async () => {
    const old = await loggedOut()
    await stack.advance(10 * SECOND)
    await b.send(read(old))
    await stack.advance(VISIBILITY - 10 * SECOND)
    const known = new Set((await copy()).map(({ key }) => key))
    assert.equal(await b.refusal(regenerate(old)), 'no_such_session')
    await assertDead(old, 'logged out', everywhere)
    await stack.advance(HOUR)
    await assertDead(old, 'logged out an hour ago', everywhere)
    assert.deepEqual((await copy()).filter(({ key }) => !known.has(key)), [], 'nothing was made of it')
  })
})

// What adversaries do to the store.

interface Copied {
  key: string
  /** The envelope or the marker, wherever it stands. */
  sealed: Buffer
}

/** Everything that the store holds now. */
async function copy(): Promise<Copied[]> {
  return (await stack.kv.dump()).map(({ key, value, metadata }) => {
    return { key, sealed: typeof metadata === 'string' ? bytesOf(metadata) : Buffer.from(value, 'base64') }
  })
}

async function stored(wanted: string): Promise<Buffer> {
  return (await copy()).find(({ key }) => key === wanted)?.sealed ?? assert.fail(`there is no ${wanted}`)
}

/** The key of the entry of a user's session. */
async function entryKey(handle: string): Promise<string> {
  const entry = (await copy()).find(({ key }) => key.startsWith('u:') && key.endsWith(handle))
  return entry?.key ?? assert.fail('there is no entry')
}

/** What the store shows of whose session it is. */
async function pseudonymOf(handle: string): Promise<string> {
  return (await entryKey(handle)).slice('u:'.length, -':'.length - handle.length)
}

async function put(key: string, value: Buffer): Promise<void> {
  await stack.kv.plant(key, value)
}

/** What expired is not there. */
async function remove(key: string): Promise<void> {
  await stack.kv.plant(key, Buffer.alloc(0), { expiration: 1 })
}

/** An `e:` that can be read. */
function ended(): Buffer {
  return endMarker(stack.now(), stack.now() + DAY)
}

/** An `r:` that can be read. */
function revoked(spared: string): Buffer {
  return revokeMarker(stack.now(), stack.now() + DAY, spared)
}

/** A record as docs/FORMAT.md has it, sealed under the root key for what is said to be its session's ID. */
function record(subject: Buffer, { user, data }: { user: string; data: string }): Buffer {
  const [now, absolute] = [stack.now(), stack.now() + DAY]
  const times = [u64(now), u64(absolute), u32(HOUR / SECOND), u64(now)]
  const payload = concat([1, 1], ...times, lp(user), u64(now), u64(now), data)
  return seal(rootKey, PURPOSES['s:'], subject, absolute, payload)
}

/** All that copies hold, as what somebody may take for a key, an ID or another subject, and what derives from that. */
function everythingIn(copies: Copied[]): Buffer[] {
  const names = copies.flatMap(({ key }) => key.slice(2).split(':'))
  const whole = [...names, ...copies.map(({ key }) => key), ''].map((text) => Buffer.from(text))
  const found = new Set([...whole, ...names.map(bytesOf), ...copies.map(({ sealed }) => sealed)].map(textOf))
  for (const name of names.map(bytesOf)) {
    for (const label of ['handle', 'csrf', 'log id', 'key id', 'user', 'foreign id', 'subject']) {
      for (const key of [name, rootKey, lookupKey]) found.add(textOf(derive(key, label, TENANT, name)))
      found.add(textOf(derive(name, label, TENANT)))
    }
  }
  for (const { sealed } of copies) {
    for (let at = 0; at + 32 <= sealed.length; at += 1) found.add(textOf(sealed.subarray(at, at + 32)))
  }
  return [...found].map(bytesOf)
}

/** What opens with one of these keys for one of these subjects, or with any of all that as an input key. */
async function opening(copies: Copied[], keys: Buffer[], subjects: Buffer[]): Promise<string[]> {
  const found = new Set<string>()
  for (const [kind, purpose] of Object.entries(PURPOSES)) {
    const scopes = keys.map((key) => scopeKey(key, purpose))
    const derived = scopes.flatMap((scope) => subjects.map((subject) => inputKey(scope, subject)))
    const inputs = [...derived, ...keys, ...subjects.filter(({ length }) => length === 32)]
    for (const { key, sealed } of copies.filter(({ key }) => key.startsWith(kind))) {
      // Connections that were closed meanwhile must be seen to be.
      await setImmediate()
      if (inputs.some((input) => open(input, sealed) !== null)) found.add(key)
    }
  }
  return [...found].toSorted()
}
