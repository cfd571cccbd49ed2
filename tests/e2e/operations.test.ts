/** What each call asks of KV: operations are what a deployment pays for and waits for. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'

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

/** Who a session belongs to, and what reading it asks for until it is settled. */
const owners: Record<string, { body: object; unsettled: string[]; entry: string }> = {
  nobody: { body: { data: 1 }, unsettled: ['get e:', 'get s:'], entry: 'a:' },
  'a user': { body: { data: 1, user: 'ada' }, unsettled: ['get e:', 'get r:', 'get s:'], entry: 'u:' },
}

async function costs(call: Call, expected: string[]): Promise<void> {
  const operations = await deployment.operations(() => api.ok(call))
  assert.deepEqual(operations.toSorted(), expected.toSorted())
}

describe('a create', () => {
  it('of nobody’s session is one write', () => costs(create(), ['put s:']))

  it('of a user’s session is two writes and no read', () => costs(create({ user: 'ada' }), ['put s:', 'put u:']))

  it('under a foreign ID asks whether that ended', () =>
    costs(create({}, { session: randomUUID() }), ['get e:', 'put s:']))
})

for (const [who, { body, unsettled, entry }] of Object.entries(owners)) {
  describe(`a session of ${who}`, () => {
    it('costs the markers of its end to read, until they cannot be hidden any more', async () => {
      const { id } = await api.ok(create(body))
      await costs(read(id), unsettled)
      await stack.advance(MINUTE)
      await costs(read(id), unsettled)
      // Twice the visibility after the write, and the twenty seconds that it may be late.
      await stack.advance(MINUTE + 20 * SECOND)
      await costs(read(id), unsettled)
      for (let i = 0; i < 3; i += 1) await costs(read(id), ['get s:'])
      await costs(read(id, { headers: { Strict: 'true' } }), unsettled)
      await deployment.restart()
      await costs(read(id), unsettled)
      await costs(read(id), ['get s:'])
    })

    it('costs one read and one write more when a touch is due, and then no more', async () => {
      const { id } = await api.ok(create(body))
      await stack.advance(10 * MINUTE)
      await costs(read(id), unsettled)
      await stack.advance(70 * MINUTE)
      await costs(read(id), ['get s:', `get ${entry}`, `put ${entry}`])
      await costs(read(id), ['get s:'])
      await stack.advance(70 * MINUTE)
      await costs(read(id), ['get s:'])
    })

    it('costs its markers and one write to change, settled or not', async () => {
      const { id } = await api.ok(create(body))
      for (const wait of [MINUTE, HOUR]) {
        await stack.advance(wait)
        await costs(replace(id, { data: 2 }), [...unsettled, 'put s:'])
        await stack.advance(MINUTE)
        await costs(patch(id, { data: 3 }), [...unsettled, 'put s:'])
      }
    })

    it('costs two markers and the removal of what was stored to end', async () => {
      const { id } = await api.ok(create(body))
      await stack.advance(MINUTE)
      await costs(end(id), ['get e:', 'get s:', 'put f:', 'put e:', 'delete s:', `delete ${entry}`])
      await costs(end(id), ['get e:', 'get s:'])
    })

    it('costs both at once to regenerate', async () => {
      const { id } = await api.ok(create(body))
      await stack.advance(MINUTE)
      const ofUser = who === 'a user' ? ['put u:', 'delete u:'] : []
      await costs(regenerate(id), [...unsettled, 'put s:', 'put e:', 'delete s:', ...ofUser])
    })

    it('costs one read more under its new ID, until no end of the old one can be hidden', async () => {
      const { id: old } = await api.ok(create(body))
      await stack.advance(MINUTE)
      const { id } = await api.ok(regenerate(old))
      await costs(read(id), [...unsettled, 'get f:'])
      await stack.advance(2 * MINUTE + 20 * SECOND)
      await costs(read(id), [...unsettled, 'get f:'])
      await costs(read(id), ['get s:'])
      await costs(replace(id, { data: 2 }), [...unsettled, 'get f:', 'put s:'])
      await stack.advance(MINUTE)
      await costs(read(id), unsettled)
    })
  })
}

describe('the sessions of a user', () => {
  const two = (what: string): string[] => [what, what]

  it('cost a list, and the end of each', async () => {
    for (let i = 0; i < 2; i += 1) await api.ok(create({ user: 'lister' }))
    await costs(list('lister'), ['list u:', ...two('get e:'), 'get r:'])
    await costs(exportUser('lister'), ['list u:', 'get r:'])
  })

  it('cost one marker and the end of each to end at once', async () => {
    for (let i = 0; i < 2; i += 1) await api.ok(create({ user: 'leaver' }))
    await stack.advance(MINUTE)
    const ends = [...two('put e:'), ...two('delete s:'), ...two('delete u:')]
    await costs(revokeAll('leaver'), ['put r:', 'list u:', ...ends])
    await stack.advance(MINUTE)
    await costs(erase('leaver'), ['put r:', 'list u:'])
  })

  it('cost one by one what an end costs', async () => {
    const { handle } = await api.ok(create({ user: 'picker' }))
    await stack.advance(MINUTE)
    const ends = ['put f:', 'put e:', 'delete s:', 'delete u:']
    await costs(revokeOne('picker', handle), ['get u:', 'get e:', 'get r:', ...ends])
    await api.refusal(revokeOne('picker', handle))
  })
})

describe('what the log says', () => {
  it('is what KV saw', async () => {
    const before = (await deployment.requests()).length
    const operations = await deployment.operations(async () => {
      const { id } = await api.ok(create({ user: 'ada' }))
      await stack.advance(2 * HOUR)
      await api.ok(read(id))
      await api.ok(replace(id, { data: 1 }))
      await stack.advance(MINUTE)
      await api.ok(end(id))
    })
    const logged = (await deployment.requests()).slice(before)
    const sum = logged.reduce((total, line) => total + line.store_operations, 0)
    assert.equal(sum, operations.length)
    assert.equal(logged.length, 4)
  })

  it('a refusal asks nothing that it need not', async () => {
    const operations = await deployment.operations(async () => {
      await api.refusal(create({ usr: 1 }))
      await api.refusal(read('malformed'))
      await api.refusal({ method: 'GET', path: '/v1/nowhere' })
    })
    assert.deepEqual(operations, [])
  })
})
