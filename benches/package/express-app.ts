/** The counter of the express chapter, with the store that its argument names: node express-app.ts <store> [Redis's URL] */

import { RedisStore } from 'connect-redis'
import express from 'express'
import session, { MemoryStore, type Store } from 'express-session'
import { createClient } from 'redis'
import { generateKeys, memoryStore, sessions } from 'sealed-session'
import { SealedStore, sealed } from 'sealed-session/express'
import { sealedSerializer } from 'sealed-session/serializer'

const [, , name = '', url = ''] = process.argv
const keys = generateKeys()
const redis = async (): Promise<ReturnType<typeof createClient>> => createClient({ url }).connect() as unknown as ReturnType<typeof createClient>

const STORES: Record<string, () => Store | Promise<Store>> = {
  MemoryStore: () => new MemoryStore(),
  'SealedStore over memory': () => new SealedStore(sessions({ keys, store: memoryStore() })),
  'connect-redis, plain': async () => new RedisStore({ client: await redis() }),
  'connect-redis, wrapped': async () => sealed(new RedisStore({ client: await redis() }), { keys }),
  'connect-redis, by serializer': async () =>
    new RedisStore({ client: await redis(), serializer: sealedSerializer({ keys, ttl: '1d' }) as never }),
}

const store = await STORES[name]?.()
if (store === undefined) throw new Error(`There is no ${name}: ${Object.keys(STORES).join(', ')}`)
const app = express()
app.use(session({ store, secret: 'a secret of a benchmark', resave: false, saveUninitialized: false, cookie: { maxAge: 86_400_000 } }))
app.get('/', (req, res) => {
  const counted = req.session as unknown as { views?: number; notes?: string }
  counted.views = (counted.views ?? 0) + 1
  counted.notes ??= 'n'.repeat(900)
  res.send(String(counted.views))
})
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : '')
})
