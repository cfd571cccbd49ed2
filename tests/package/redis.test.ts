/** Sessions in a real Redis, by each kind of client. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { Redis as IoRedis } from 'ioredis'
import { createClient } from 'redis'
import { generateKeys, redisStore, sessions } from 'sealed-session'

import { Redis, redisIsMissing } from '../support/redis.ts'
import { type Data, contract } from './contract.ts'

const skip = redisIsMissing()

if (skip === false) {
  const server = await Redis.start()
  const [client, io] = [createClient({ url: server.url }), new IoRedis(server.url)]
  await client.connect()
  after(async () => {
    client.destroy()
    io.disconnect()
    await server.stop()
  })
  const keys = generateKeys()
  const store = redisStore(client)
  const all = sessions<Data>({ keys, store })

  contract('over Redis, by node-redis', () => ({ sessions: all, bound: 0 }))
  const byIo = sessions<Data>({ keys, store: redisStore(io, { prefix: 'io:' }) })
  contract('over Redis, by ioredis', () => ({ sessions: byIo, bound: 0 }))
  const send = async (command: string[]): Promise<unknown> => client.sendCommand(command)
  const byFunction = sessions<Data>({ keys, store: redisStore(send, { prefix: 'function:' }) })
  contract('over Redis, by a function', () => ({ sessions: byFunction, bound: 0 }))

  describe('redisStore', () => {
    it('lets one of many writers at a version win', async () => {
      const { id, version } = await all.create({ data: { visits: 0 } })
      const writes = Array.from({ length: 20 }, async (_, visits) => all.replace(id, { visits }, { version }))
      const results = await Promise.allSettled(writes)
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    })

    it('loses no merge patch among many', async () => {
      const any = sessions<Record<string, number>>({ keys, store })
      const { id } = await any.create({ data: {} })
      const patches = Array.from({ length: 12 }, async (_, n) => {
        for (;;) {
          try {
            return await any.patch(id, { [`n${n}`]: n })
          } catch {
            // Others were quicker, more often than one call tries.
          }
        }
      })
      await Promise.all(patches)
      assert.equal(Object.keys((await any.read(id))?.data ?? {}).length, 12)
    })

    it('keeps a list of any length, a page at a time, and nothing beyond its entries', async () => {
      const user = 'ada of many'
      const made = await Promise.all(Array.from({ length: 250 }, async () => all.create({ user })))
      const handles: string[] = []
      for (let cursor: string | undefined; ; ) {
        const page = await all.user(user).list({ cursor, limit: 70 })
        handles.push(...page.sessions.map(({ handle }) => handle))
        if (page.next === undefined) break
        cursor = page.next
      }
      assert.deepEqual(handles.toSorted(), made.map(({ handle }) => handle).toSorted())
      let ended = 0
      for (let cursor: string | undefined; ; ) {
        const revoked = await all.user(user).revokeAll({ cursor })
        ended += revoked.ended
        if (!revoked.more) break
        cursor = revoked.next
      }
      assert.equal(ended, 250)
      const left = await client.keys('sealed:*')
      assert.ok(left.every((key) => /^sealed:\{.\}:[aefirsu]:/u.test(key)))
      for (const key of left) assert.ok((await client.ttl(key)) > 0, `${key} would stay for ever`)
    })

    it('has nothing in the clear', async () => {
      const { id } = await all.create({ data: { name: 'planted payload' }, user: 'planted user', label: 'planted label' })
      const held = (await Promise.all((await client.keys('*')).map(async (key) => [key, (await client.type(key)) === 'string' ? await client.get(key) : '']))).flat().join()
      for (const secret of [id, 'planted']) assert.ok(!held.includes(secret))
      for (const text of held.split(',')) assert.ok(!Buffer.from(text, 'base64url').toString('latin1').includes('planted'))
    })

    it('applies nothing that is too late by Redis’s clock', async () => {
      const change = { type: 'put', key: 's:late', value: new Uint8Array(30), expiresAt: 4e9 } as const
      const late = redisStore(client, { now: () => 0 })
      assert.equal(await late.apply({ when: [], changes: [change], notAfter: 1000 }, { signal: undefined }), 'too_late')
      assert.deepEqual(await late.get(['s:late'], { signal: undefined }), [undefined])
    })
  })
} else {
  it('Redis', { skip }, () => {})
}
