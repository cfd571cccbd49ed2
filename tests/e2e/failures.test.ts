/** KV that fails, is slow, or has had enough: an answer is then 503, and never one that lets somebody in. */

import assert from 'node:assert/strict'
import { after, afterEach, describe, it } from 'node:test'

import type { Fault } from './harness/workerd.ts'
import {
  type Call,
  create,
  end,
  erase,
  exportUser,
  list,
  patch,
  read,
  regenerate,
  replace,
  revokeAll,
  revokeOne,
} from './support/api.ts'
import { Deployment, HOUR, MINUTE, SECOND } from './support/deployment.ts'

const deployment = await Deployment.start()
const { api, stack } = deployment
after(() => deployment.stop())
afterEach(() => stack.kv.configure('A', null))

const fail = (...faults: Fault[]): Promise<void> => stack.kv.configure('A', { faults })
const always = { times: 1_000 }

describe('KV that does not answer', () => {
  const calls: Record<string, (id: string) => Call> = {
    read: (id) => read(id),
    replace: (id) => replace(id, { data: 2 }),
    patch: (id) => patch(id, { data: 2 }),
    regenerate: (id) => regenerate(id),
    end: (id) => end(id),
  }
  for (const status of [500, 502, 503]) {
    for (const [name, call] of Object.entries(calls)) {
      it(`${name} is store_unavailable at ${status}`, async () => {
        const { id } = await api.ok(create({ data: 1, user: 'ada' }))
        await deployment.pause()
        await fail({ on: 'get', status, ...always })
        assert.equal(await api.refusal(call(id)), 'store_unavailable')
        await fail()
        assert.equal((await api.ok(read(id))).data, 1, 'the session is what it was')
      })
    }

    it(`a create is store_unavailable at ${status}`, async () => {
      await fail({ on: 'put', status, ...always })
      assert.equal(await api.refusal(create({ user: 'ada' })), 'store_unavailable')
    })
  }

  for (const marker of ['e:', 'r:']) {
    for (const strict of ['true', 'false']) {
      it(`lets nobody in who may have been logged out: ${marker} fails, Strict: ${strict}`, async () => {
        const { id } = await api.ok(create({ user: 'ada' }))
        await fail({ on: 'get', prefix: marker, status: 503, ...always })
        const headers = { Strict: strict }
        assert.equal(await api.refusal(read(id, { headers })), 'store_unavailable')
        assert.equal(await api.refusal(replace(id, { data: 1 })), 'store_unavailable')
        assert.equal(await api.refusal(regenerate(id)), 'store_unavailable')
      })
    }
  }

  it('is told to the log with the status and without the key', async () => {
    const { id, handle } = await api.ok(create())
    await fail({ on: 'get', status: 500 })
    stack.errors.clear()
    await api.refusal(read(id))
    const line = await stack.errors.find((text) => text.includes('store_failed'))
    assert.match(line, /500/u)
    assert.ok(!line.includes(handle))
  })
})

describe('a write that fails', () => {
  it('leaves what was there', async () => {
    const { id, version } = await api.ok(create({ data: 1 }))
    await deployment.pause()
    await fail({ on: 'put', prefix: 's:', status: 500 })
    assert.equal(await api.refusal(replace(id, { data: 2 })), 'store_unavailable')
    const session = await api.ok(read(id))
    assert.deepEqual([session.data, session.version], [1, version])
  })

  it('does not end a session before it says so', async () => {
    const { id } = await api.ok(create())
    await deployment.pause()
    await fail({ on: 'put', prefix: 'e:', status: 500 })
    assert.equal(await api.refusal(end(id)), 'store_unavailable')
    assert.ok(await api.isLive(id))
    await api.ok(end(id))
    assert.ok(!(await api.isLive(id)))
  })

  it('does not revive a session whose record could not be deleted', async () => {
    const { id } = await api.ok(create({ user: 'ada' }))
    await deployment.pause()
    await fail({ on: 'delete', prefix: 's:', status: 500 })
    assert.equal(await api.refusal(end(id)), 'store_unavailable')
    await fail()
    for (const wait of [0, MINUTE, HOUR]) {
      await stack.advance(wait)
      assert.ok(!(await api.isLive(id)))
    }
  })

  it('leaves the old session where a regenerate could not end it', async () => {
    const { id, handle } = await api.ok(create({ data: 'here', user: 'eve' }))
    await deployment.pause()
    await fail({ on: 'put', prefix: 'e:', status: 500 })
    assert.equal(await api.refusal(regenerate(id)), 'store_unavailable')
    assert.equal((await api.ok(read(id))).data, 'here')
    const journal = (await stack.kv.journal()).filter(({ kind, status }) => kind === 'put' && status === 200)
    const successor = journal.at(-1)?.keys[0] ?? ''
    assert.ok(successor.startsWith('s:') && !successor.includes(handle), successor)
    const left = (await stack.kv.dump()).filter(({ key, current }) => current && key === successor)
    assert.deepEqual(left, [], 'the new one is gone: nobody was given its ID')
  })
})

describe('a revocation that fails half-way', () => {
  it('is not answered as done, and ends all when it is repeated', async () => {
    for (const fault of [
      { on: 'put', prefix: 'r:', status: 500, times: 9 },
      { on: 'list', status: 503, times: 9 },
      { on: 'put', prefix: 'e:', status: 500, times: 2 },
      { on: 'delete', prefix: 's:', status: 500, times: 1 },
    ] satisfies Fault[]) {
      const user = `user of ${JSON.stringify(fault)}`
      const made = await Promise.all([1, 2, 3, 4].map(() => api.ok(create({ user }))))
      await stack.advance(MINUTE)
      await fail(fault)
      assert.equal(await api.refusal(revokeAll(user)), 'store_unavailable')
      await fail()
      await stack.advance(SECOND)
      await api.ok(revokeAll(user))
      await stack.advance(MINUTE)
      for (const { id } of made) assert.ok(!(await api.isLive(id)), JSON.stringify(fault))
      assert.deepEqual((await api.ok(list(user))).sessions, [])
    }
  })

  it('is no receipt where an erasure fails', async () => {
    const user = 'erased'
    const { id } = await api.ok(create({ user }))
    const { handle } = await api.ok(create({ user: 'another' }))
    await fail({ on: 'put', prefix: 'e:', status: 500, ...always })
    assert.equal(await api.refusal(erase(user)), 'store_unavailable')
    assert.ok(!(await api.isLive(id)), 'the marker stands already')
    assert.equal(await api.refusal(revokeOne('another', handle)), 'store_unavailable')
    await fail({ on: ['get', 'list'], status: 500, ...always })
    assert.equal(await api.refusal(list(user)), 'store_unavailable')
    assert.equal(await api.refusal(exportUser(user)), 'store_unavailable')
    await fail()
  })

  it('waits where KV has had enough of one key', async () => {
    const user = 'twice'
    const made = await Promise.all([1, 2].map(() => api.ok(create({ user }))))
    await deployment.pause()
    await fail({ on: 'put', prefix: 'e:', status: 429, times: 2 }, { on: 'put', prefix: 'r:', status: 429 })
    assert.equal((await api.ok(revokeAll(user))).ended, 2)
    for (const { id } of made) assert.ok(!(await api.isLive(id)))
  })
})

describe('KV that has had enough of a key (429)', () => {
  it('is asked again, and the caller does not notice', async () => {
    const { id } = await api.ok(create())
    // All within a second of the create, on the same key.
    await api.ok(replace(id, { data: 1 }))
    await api.ok(patch(id, { data: { a: 1 } }))
    assert.deepEqual((await api.ok(read(id))).data, { a: 1 })
  })

  it('is asked again by a create and by an end', async () => {
    await fail({ on: 'put', status: 429 })
    const { id } = await api.ok(create({ user: 'ada' }))
    await deployment.pause()
    await fail({ on: 'put', prefix: 'e:', status: 429 }, { on: 'delete', prefix: 's:', status: 429 })
    await api.ok(end(id))
    assert.ok(!(await api.isLive(id)))
  })

  it('is not asked for ever', async () => {
    await fail({ on: 'put', status: 429, ...always })
    const written = await deployment.writes(async () => {
      assert.equal(await api.refusal(create()), 'store_unavailable')
    })
    assert.ok(written.length > 1 && written.length <= 10, `${written.length} tries`)
  })
})

describe('KV that is slow', () => {
  it('makes a write check again what it checked too long ago', async () => {
    const { id } = await api.ok(create({ data: 1 }))
    await deployment.pause()
    await fail({ on: 'get', prefix: 'e:', latencyMs: 11 * SECOND })
    const operations = await deployment.operations(async () => {
      const replaced = api.ok(replace(id, { data: 2 }))
      await stack.kv.held()
      await stack.advance(11 * SECOND)
      await replaced
    })
    assert.equal(operations.filter((operation) => operation === 'get e:').length, 2, operations.join())
    assert.equal((await api.ok(read(id))).data, 2)
  })

  it('does not let a write pass that was checked before an end', async () => {
    const { id } = await api.ok(create({ data: 1 }))
    await deployment.pause()
    // What it answers is from before, and comes late.
    await fail({ on: 'get', prefix: 's:', latencyMs: 11 * SECOND, applied: true })
    const refused = api.refusal(replace(id, { data: 2 }))
    await stack.kv.held()
    await api.ok(end(id))
    await stack.advance(11 * SECOND)
    assert.equal(await refused, 'no_such_session')
    await stack.advance(HOUR)
    assert.ok(!(await api.isLive(id)))
  })
})

describe('the service itself', () => {
  it('is healthy while its store is not', async () => {
    await fail({ status: 500, ...always })
    await api.ok({ method: 'GET', path: '/healthz' })
    await api.ok({ method: 'GET', path: '/v1/status' })
  })
})

describe('a trap', () => {
  it('takes one request with it; the next ones are answered by a module that was made anew', async () => {
    const { id } = await api.ok(create({ data: 1 }))
    await stack.trap()
    const trapped = await fetch(`${stack.url()}/healthz`)
    assert.equal(trapped.status, 500)
    assert.doesNotMatch(await trapped.text(), /wasm|trap/iu)
    for (let i = 0; i < 3; i += 1) assert.equal((await api.ok(read(id))).data, 1)
    await stack.errors.find((text) => text.includes('hung'))
    stack.errors.clear()
  })
})
