/** One interface: the rules in this process over each store, and the rules in the Worker over each of its stores. */

import { after } from 'node:test'

import { generateKeys, memoryStore, remoteSessions, sessions, unstorageStore } from 'sealed-session'
import { createStorage } from 'unstorage'

import { Deployment, type StoreKind } from '../e2e/support/deployment.ts'
import { type Data, contract } from './contract.ts'

const keys = generateKeys()

const memory = sessions<Data>({ keys, store: memoryStore() })
contract('over memory', () => ({ sessions: memory, bound: 0 }))

const storage = sessions<Data>({ keys, store: unstorageStore(createStorage(), { visibility: 90 }) })
contract('over unstorage', () => ({ sessions: storage, bound: 90 }))

for (const store of ['kv', 'durable'] satisfies StoreKind[]) {
  const deployment = await Deployment.start({ store })
  after(() => deployment.stop())
  const remote = remoteSessions<Data>({ url: deployment.stack.url(), token: deployment.token })
  contract(`in the Worker, over ${store}`, () => ({
    sessions: remote,
    bound: store === 'kv' ? 60 : 0,
    pause: () => deployment.pause(),
  }))
}
