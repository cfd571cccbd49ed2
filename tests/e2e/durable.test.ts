/** What Durable Objects promise beyond what any store does: everything that was answered holds everywhere, at once, exactly. */

import assert from 'node:assert/strict'
import { cpSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { DatabaseSync } from 'node:sqlite'

import {
  type Answer,
  type Created,
  create,
  end,
  ifMatch,
  list,
  patch,
  read,
  regenerate,
  replace,
  revokeAll,
  status,
} from './support/api.ts'
import { Deployment, HOUR, MINUTE, SECOND } from './support/deployment.ts'
import { search } from './support/secrecy.ts'

const deployment = await Deployment.start({ store: 'durable', instances: { here: {}, there: {} } })
const { api: here, stack } = deployment
const there = here.at('there')
after(() => deployment.stop())

const times = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('the deployment', () => {
  it('says that nothing is late', async () => {
    const { store, revocation_bound_seconds, assumed_kv_visibility_seconds } = await here.ok(status)
    assert.deepEqual([store, revocation_bound_seconds, assumed_kv_visibility_seconds], ['durable', 0, 0])
    const { id } = await here.ok(create())
    assert.equal((await here.send(read(id))).headers.get('Consistency'), null)
    assert.equal((await here.send(end(id))).headers.get('Revocation-Bound'), '0')
  })

  it('asks nothing of KV', async () => {
    assert.deepEqual(await stack.kv.journal(), [])
  })

  it('spreads sessions over its objects', async () => {
    await Promise.all(times(40).map(() => here.ok(create())))
    assert.ok(objects(stack.disk).length > 20)
  })
})

describe('what one instance wrote', () => {
  it('is what the other one reads, at once', async () => {
    for (const i of times(10)) {
      const { id } = await here.ok(create({ data: { i }, user: 'ada' }))
      assert.deepEqual((await there.ok(read(id))).data, { i })
      await there.ok(replace(id, { data: { i: i + 100 } }))
      assert.deepEqual((await here.ok(read(id))).data, { i: i + 100 })
      const moved = await here.ok(regenerate(id))
      assert.ok(!(await there.isLive(id)))
      assert.ok(await there.isLive(moved.id))
      await there.ok(end(moved.id))
      assert.ok(!(await here.isLive(moved.id)))
      assert.equal(await here.refusal(replace(moved.id, { data: 1 })), 'no_such_session')
    }
  })

  it('may be of any size', async () => {
    const data = 'x'.repeat(262_144 - '{"data":""}'.length)
    const { id } = await here.ok(create({ data }))
    assert.equal((await there.ok(read(id))).data, data)
  })

  it('may live and idle as briefly as one likes', async () => {
    const { id } = await here.ok(create({ idle: '2s', absolute: '1h' }))
    assert.ok(await there.isLive(id))
    await stack.advance(3 * SECOND)
    assert.ok(!(await there.isLive(id)))
  })

  it('includes that a session was in use', async () => {
    const { id } = await here.ok(create({ idle: '1h', user: 'ada' }))
    await stack.advance(30 * MINUTE)
    await here.ok(read(id))
    await deployment.requests()
    const { last_seen_at, created_at } = await there.ok(read(id))
    assert.ok(Date.parse(last_seen_at) - Date.parse(created_at) >= 30 * MINUTE)
    await stack.advance(40 * MINUTE)
    assert.ok(await there.isLive(id))
  })
})

describe('of calls at the same time', () => {
  it('no patch is lost', async () => {
    const { id } = await here.ok(create({ data: {} }))
    // Three tries each: under so many writers some are told to come again.
    await Promise.all(times(30).map((i) => again(() => (i % 2 ? here : there).send(patch(id, { data: { [`k${i}`]: i } })))))
    const { data } = await here.ok(read(id))
    assert.deepEqual(data, Object.fromEntries(times(30).map((i) => [`k${i}`, i])))
  })

  it('one with the version wins, and all others are told', async () => {
    for (const round of times(5)) {
      const { id, version } = await here.ok(create({ data: 'old' }))
      const answers = await Promise.all(
        times(12).map((i) => (i % 2 ? here : there).send(replace(id, { data: i }, ifMatch(`"${version}"`)))),
      )
      const won = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []))
      assert.equal(won.length, 1, `round ${round}: ${answers.map(({ status }) => status).join()}`)
      assert.ok(answers.every(({ status }) => status === 200 || status === 412))
      assert.equal((await here.ok(read(id))).data, won[0])
    }
  })

  it('one regenerate gets the session', async () => {
    const { id } = await here.ok(create({ data: 1, user: 'ada' }))
    const answers = await Promise.all(times(8).map((i) => (i % 2 ? here : there).send(regenerate(id))))
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => (body as Created).id)
    assert.equal(made.length, 1)
    assert.ok(answers.every(({ status }) => status === 201 || status === 404))
    assert.ok(await there.isLive(made[0] ?? ''))
  })

  it('no write survives an end', async () => {
    for (const round of times(10)) {
      const { id } = await here.ok(create({ data: round }))
      const writes = times(6).map((i) => (i % 2 ? here : there).send(replace(id, { data: i })))
      await there.ok(end(id))
      await Promise.all(writes)
      assert.ok(!(await here.isLive(id)), `round ${round}`)
    }
  })
})

describe('a call', () => {
  const costs = async (count: number, during: () => Promise<unknown>): Promise<void> => {
    const before = (await deployment.requests()).length
    await during()
    const [line] = (await deployment.requests()).slice(before)
    assert.equal(line?.store_operations, count)
  }

  it('asks objects as often as DESIGN.md says', async () => {
    const { id } = await here.ok(create())
    await costs(1, () => here.ok(read(id)))
    await costs(2, () => here.ok(replace(id, { data: 1 })))
    await costs(2, () => here.ok(regenerate(id)))
    await costs(1, () => here.ok(create()))
    await costs(3, () => here.ok(create({ user: 'ada' })))
    const theirs = await here.ok(create({ user: 'ada' }))
    await costs(1, () => here.ok(read(theirs.id)))
    await costs(2, () => here.ok(patch(theirs.id, { data: {} })))
    await costs(3, () => here.ok(end(theirs.id)))
    const touched = await here.ok(create())
    await stack.advance(2 * HOUR)
    await costs(2, () => here.ok(read(touched.id)))
    await costs(1, () => here.ok(read(touched.id)))
  })
})

describe('a revocation', () => {
  it('has ended every session that was there before it, everywhere, when it answers', async () => {
    for (const round of times(5)) {
      const user = `user ${round}`
      const made = await Promise.all(times(20).map((i) => (i % 2 ? here : there).ok(create({ user }))))
      const moving = times(5).map((i) => there.send(regenerate(made[i]?.id ?? '')))
      const { more } = await here.ok(revokeAll(user))
      assert.equal(more, false)
      const moved = (await Promise.all(moving)).filter(({ status }) => status === 201).map(({ body }) => body as Created)
      for (const { id } of [...made, ...moved]) assert.ok(!(await there.isLive(id)), `round ${round}`)
      assert.deepEqual((await there.ok(list(user))).sessions, [])
      const again = await there.ok(create({ user }))
      assert.ok(await here.isLive(again.id))
    }
  })

  it('costs one call to each object', async () => {
    const before = (await deployment.requests()).length
    for (const _ of times(150)) await here.ok(create({ user: 'many' }))
    await here.ok(revokeAll('many'))
    const line = (await deployment.requests()).slice(before).at(-1)
    assert.ok((line?.store_operations ?? 0) <= 64 + 8, `${line?.store_operations}`)
  })
})

describe('a machine that is lost in the middle of writes', () => {
  it('takes nothing that was answered with it, and brings nothing back', async () => {
    await using deployment = await Deployment.start({ store: 'durable' })
    const { api, stack } = deployment
    const sessions = await Promise.all(times(40).map(() => api.ok(create({ data: 0, user: 'ada' }))))
    for (const round of times(3)) {
      const live = new Map<string, unknown>()
      const ended: string[] = []
      const unknown = new Set<string>()
      const enough = Promise.withResolvers<void>()
      let written = 0
      let stopped = false
      const work = sessions.map(async ({ id }, i) => {
        for (let n = 1; !stopped; n += 1) {
          unknown.add(id)
          const isEnd = i % 4 === 0 && n === 5
          const answer = await api.send(isEnd ? end(id) : replace(id, { data: `${round}/${n}` })).catch(() => undefined)
          if (answer === undefined) return
          unknown.delete(id)
          if (answer.status === 204) return void ended.push(id)
          if (answer.status === 200) live.set(id, `${round}/${n}`)
          if ((written += 1) === 300 + 37 * round) enough.resolve()
        }
      })
      await enough.promise
      stopped = true
      await stack.kill()
      await Promise.all(work)
      await deployment.crash()
      for (const id of ended) assert.ok(!(await api.isLive(id)), 'an end was lost')
      for (const [id, data] of live) {
        if (ended.includes(id)) continue
        const answer = await api.send(read(id))
        // What was under way may have been applied or not; what was answered before it was.
        if (unknown.has(id) && answer.status === 404) continue
        assert.equal(answer.status, 200, 'a session was lost')
        if (!unknown.has(id)) assert.equal((answer.body as { data: unknown }).data, data, 'a write was lost')
      }
      assert.ok(live.size > 20, `only ${live.size} were written to`)
    }
  })
})

describe('a batch that breaks off in its middle', () => {
  it('leaves everything as it was, and says so', async () => {
    const durableObjects = [{ binding: 'SHARDS', className: 'FragileShard' }]
    await using deployment = await Deployment.start({ store: 'durable', durableObjects })
    const { api, stack } = deployment
    const { id, handle } = await api.ok(create({ data: 1 }))
    // Both put a marker, and more, before they delete the record.
    for (const call of [end(id), regenerate(id), regenerate(id, { user: 'ada', data: 2 })]) {
      stack.errors.clear()
      assert.equal(await api.refusal(call), 'store_unavailable')
      const line = await stack.errors.find((text) => text.includes('store_failed'))
      assert.ok(line.includes('told to fail') && !line.includes(handle), line)
      assert.equal((await api.ok(read(id))).data, 1)
    }
    await deployment.requests()
    await stack.kill()
    const left = rows(stack.disk).filter((key) => !key.startsWith('u:'))
    await stack.restart()
    assert.deepEqual(left, [`s:${handle}`])
    await api.ok(replace(id, { data: 2 }))
    stack.errors.clear()
  })
})

describe('the number of objects', () => {
  it('is what it was at the first session, or nobody is served', async () => {
    await using deployment = await Deployment.start({ store: 'durable', vars: { DURABLE_SHARDS: '8', DURABLE_HOME: 'weur' } })
    const { api, stack } = deployment
    const { id } = await api.ok(create({ data: 1 }))
    const settings = stack.vars
    for (const number of ['4', '64']) {
      await deployment.requests()
      await stack.restart({ vars: { ...settings, DURABLE_SHARDS: number } })
      for (const call of [read(id), create(), end(id), replace(id, { data: 2 })]) {
        assert.equal(await api.refusal(call), 'store_unavailable', `${number}: ${call.method}`)
      }
      const line = await stack.errors.find((text) => text.includes('DURABLE_SHARDS'))
      assert.match(line, /weur-\d of 8/u)
    }
    await deployment.requests()
    await stack.restart({ vars: settings })
    assert.equal((await api.ok(read(id))).data, 1)
  })
})

describe('a trap', () => {
  it('does not take the objects with it', async () => {
    await using deployment = await Deployment.start({ store: 'durable' })
    const { api, stack } = deployment
    const { id } = await api.ok(create({ data: 1 }))
    for (const i of times(3)) {
      await stack.trap()
      const trapped = await fetch(`${stack.url()}/healthz`)
      assert.equal(trapped.status, 500)
      await trapped.text()
      assert.equal((await api.ok(read(id))).data, i === 0 ? 1 : i - 1)
      await api.ok(replace(id, { data: i }))
      await stack.errors.find((text) => text.includes('hung'))
      stack.errors.clear()
    }
  })
})

describe('what lies in objects', () => {
  it('is removed by the alarm, an hour after it expired', async () => {
    // The first alarm is an hour after the first write by the Worker's clock, and in seconds by the machine's.
    const offset = 4 * SECOND - HOUR
    await using deployment = await Deployment.start({ store: 'durable', offset, vars: { DURABLE_SHARDS: '1' } })
    const { api, stack } = deployment
    const brief = await api.ok(create({ absolute: '10m', user: 'ada' }))
    const long = await api.ok(create({ absolute: '7d', user: 'ada' }))
    await stack.advance(2 * HOUR)
    await new Promise((resolve) => setTimeout(resolve, 6 * SECOND))
    await deployment.requests()
    await stack.kill()
    const left = rows(stack.disk)
    await stack.restart()
    assert.ok(!left.some((key) => key.includes(brief.handle)), left.join())
    assert.deepEqual(left.map((key) => key.slice(0, 2)), ['s:', 'u:'])
    assert.ok(await api.isLive(long.id))
  })

  it('says nothing of users and data', async () => {
    const words = ['a distinctive payload', 'ada-of-the-objects', 'her distinctive label']
    const [data, user, label] = words
    const { id } = await here.ok(create({ data, user, label }))
    await here.ok(patch(id, { data: 'another distinctive payload' }))
    const files = readdirSync(stack.disk, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
    const stored = files.map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }))
    assert.ok(stored.some(({ bytes }) => bytes.includes('s:')), 'the objects are elsewhere')
    assert.deepEqual(search([...words, id, deployment.token], stored), [])
  })
})

/** Tries until it is taken. */
async function again(send: () => Promise<Answer>): Promise<void> {
  for (;;) {
    const answer = await send()
    if (answer.status === 200) return
    assert.equal(answer.status, 503, answer.text)
  }
}

/** The database files of the objects. */
function objects(disk: string): string[] {
  const files = readdirSync(disk, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.includes('Shard') && file.endsWith('.sqlite'))
}

/** The keys in all objects, in their order. The copy is opened, so that the original stays as a crash left it. */
function rows(disk: string): string[] {
  const copy = `${disk}-copy`
  cpSync(disk, copy, { recursive: true })
  return objects(copy).flatMap((file) => {
    const database = new DatabaseSync(join(copy, file))
    const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'entries'").all()
    const found = tables.length > 0 ? database.prepare('SELECT key FROM entries ORDER BY key').all() : []
    database.close()
    return found.map(({ key }) => String(key))
  })
}
