/** Idle and absolute lifetime, and the touch that slides the one and never the other. */

import assert from 'node:assert/strict'
import { after, beforeEach, describe, it } from 'node:test'

import { create, patch, read, replace } from './support/api.ts'
import { DAY, Deployment, HOUR, MINUTE, SECOND, time } from './support/deployment.ts'

const deployment = await Deployment.start()
const { api, stack } = deployment
after(() => deployment.stop())
beforeEach(() => stack.kv.configure('A', null))

/** Moves the clock to a moment, give or take what the calls since took. */
async function until(moment: string, plus = 0): Promise<void> {
  await stack.advance(time(moment) + plus - stack.now())
}

describe('the idle deadline', () => {
  it('ends a session that nobody used', async () => {
    const used = await api.ok(create())
    const unused = await api.ok(create())
    await until(used.idle_expires_at, -MINUTE)
    assert.ok(await api.isLive(used.id))
    await until(unused.idle_expires_at)
    assert.equal(await api.refusal(read(unused.id)), 'no_such_session')
    assert.equal(await api.refusal(replace(unused.id, { data: 1 })), 'no_such_session')
    assert.ok(await api.isLive(used.id))
  })

  it('slides with every use, up to the absolute one', async () => {
    const { id, expires_at } = await api.ok(create({ idle: '1h', absolute: '5h' }))
    for (let half = 1; half < 10; half += 1) {
      await stack.advance(29 * MINUTE)
      assert.ok(await api.isLive(id), `after ${half * 29} minutes`)
    }
    const { idle_expires_at } = await api.ok(read(id))
    assert.equal(idle_expires_at, expires_at)
    await until(expires_at)
    assert.ok(!(await api.isLive(id)))
  })

  it('slides with a write', async () => {
    const { id } = await api.ok(create({ idle: '1h' }))
    await stack.advance(50 * MINUTE)
    await api.ok(patch(id, { data: { a: 1 } }))
    await stack.advance(50 * MINUTE)
    assert.ok(await api.isLive(id))
  })

  it('is not there where idle is absolute', async () => {
    const { id, expires_at } = await api.ok(create({ idle: '7d', absolute: '7d' }))
    await until(expires_at, -MINUTE)
    assert.ok(await api.isLive(id))
  })
})

describe('the absolute deadline', () => {
  it('ends a session however much it was used', async () => {
    const { id, expires_at } = await api.ok(create({ absolute: '2d' }))
    for (let hours = 6; hours < 48; hours += 6) {
      await stack.advance(6 * HOUR)
      const session = await api.ok(hours % 12 === 0 ? read(id) : replace(id, { data: hours }))
      assert.equal(session.expires_at, expires_at)
    }
    await until(expires_at, -MINUTE)
    assert.ok(await api.isLive(id))
    await until(expires_at)
    assert.equal(await api.refusal(read(id)), 'no_such_session')
  })

  it('holds to the second', async () => {
    const { id, expires_at } = await api.ok(create({ absolute: '20s' }))
    await until(expires_at, -5 * SECOND)
    assert.ok(await api.isLive(id))
    await until(expires_at)
    assert.ok(!(await api.isLive(id)))
  })

  it('is when KV forgets the session, and never before', deployment.onlyKv, async () => {
    const sessions = await Promise.all(
      ['2s', '100s', '1h', '400d'].map((absolute) => api.ok(create({ absolute, user: 'ada' }))),
    )
    const stored = await stack.kv.dump()
    for (const { handle, expires_at, created_at } of sessions) {
      const expirations = stored.filter(({ key }) => key.endsWith(handle)).map(({ expiration }) => expiration)
      const wanted = Math.max(Math.ceil(time(expires_at) / SECOND), Math.floor(time(created_at) / SECOND) + 90)
      assert.equal(expirations.length, 2, 'the record and the entry')
      for (const expiration of expirations)
        assert.ok(Math.abs((expiration ?? 0) - wanted) <= 1, `${expiration} ${wanted}`)
    }
  })
})

describe('a touch', () => {
  const keys = { nobody: 'a:', 'a user': 'u:' }
  for (const [who, prefix] of Object.entries(keys)) {
    it(`is written once per tenth of the window, for a session of ${who}`, deployment.onlyKv, async () => {
      const { id, version } = await api.ok(create(who === 'nobody' ? {} : { user: 'ada' }))
      await stack.advance(71 * MINUTE)
      assert.deepEqual(await deployment.writes(() => api.ok(read(id))), [])
      await stack.advance(2 * MINUTE)
      const at = stack.now()
      const written = await deployment.writes(async () => {
        const touching = await api.ok(read(id))
        assert.equal(touching.last_seen_at, touching.created_at, 'an answer has what is recorded, not what will be')
        await api.ok(read(id))
        await stack.advance(71 * MINUTE)
        await api.ok(read(id))
      })
      assert.deepEqual(written, [`put ${prefix}`])
      const touched = await api.ok(read(id))
      assert.ok(Math.abs(time(touched.last_seen_at) - at) < 5 * SECOND, touched.last_seen_at)
      assert.equal(time(touched.idle_expires_at) - time(touched.last_seen_at), 12 * HOUR)
      assert.equal(touched.version, version, 'a touch is not a write')
    })
  }

  it('is written by one of ten reads at once, and none of them fails', deployment.onlyKv, async () => {
    const { id } = await api.ok(create({ user: 'ada' }))
    await stack.advance(2 * HOUR)
    const written = await deployment.writes(async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => api.send(read(id))))
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array.from({ length: 10 }, () => 200),
      )
    })
    assert.deepEqual(written, ['put u:'])
  })

  it('may fail, once, and changes no answer', deployment.onlyKv, async () => {
    for (const status of [429, 500, 503]) {
      const { id } = await api.ok(create())
      await stack.advance(2 * HOUR)
      await stack.kv.configure('A', { faults: [{ on: 'put', status, times: 10 }] })
      const written = await deployment.writes(async () => {
        await api.ok(read(id))
        await api.ok(read(id))
      })
      assert.deepEqual(written, ['put a:'], 'it is not tried again')
      await stack.kv.configure('A', null)
      assert.ok(await api.isLive(id))
    }
  })

  it('keeps a session alive for those who come after a restart', async () => {
    const { id } = await api.ok(create())
    await stack.advance(8 * HOUR)
    await api.ok(read(id))
    await deployment.restart()
    await stack.advance(8 * HOUR)
    assert.ok(await api.isLive(id))
    await stack.advance(DAY)
    assert.ok(!(await api.isLive(id)))
  })
})
