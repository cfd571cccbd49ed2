/** The cases for who writes a store, over Workers KV as wrangler has it and over a real Redis. */

import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { createClient } from 'redis'
import { type KVNamespaceLike, kvStore, redisStore } from 'sealed-session'
import { storeCases } from 'sealed-session/testing'
import { getPlatformProxy } from 'wrangler'

import { Redis, redisIsMissing } from '../support/redis.ts'

const skip = redisIsMissing()

/** Throws from the nth call on. */
function allowed(writes: number): () => void {
  let left = writes
  return () => {
    left -= 1
    if (left < 0) throw new Error('the backend is down')
  }
}

describe('kvStore, over KV as wrangler has it', async () => {
  const configPath = fileURLToPath(new URL('kv-app/wrangler.toml', import.meta.url))
  const platform = await getPlatformProxy<{ SESSIONS: KVNamespaceLike }>({ configPath, persist: false })
  after(() => platform.dispose())
  const { SESSIONS: namespace } = platform.env

  const failing = (writes: number) => {
    const write = allowed(writes)
    const put: KVNamespaceLike['put'] = async (...item) => {
      write()
      return namespace.put(...item)
    }
    return kvStore({
      put,
      get: async (...asked) => namespace.get(...asked),
      getWithMetadata: async (...asked) => namespace.getWithMetadata(...asked),
      delete: async (key) => namespace.delete(key),
      list: async (page) => namespace.list(page),
    })
  }
  for (const { name, run } of storeCases(kvStore(namespace), { other: kvStore(namespace), failing })) it(name, run)
})

describe('redisStore, over Redis', { skip }, async () => {
  if (skip) return
  const server = await Redis.start()
  const clients = await Promise.all([1, 2].map(async () => createClient({ url: server.url }).connect()))
  after(async () => {
    for (const client of clients) client.destroy()
    await server.stop()
  })
  const [one, two] = clients as [(typeof clients)[0], (typeof clients)[0]]

  const failing = (writes: number) => {
    const write = allowed(writes)
    return redisStore(async (command) => {
      if (command[0]?.startsWith('EVAL')) write()
      return one.sendCommand(command)
    })
  }
  for (const { name, run } of storeCases(redisStore(one), { other: redisStore(two), failing })) it(name, run)
})
