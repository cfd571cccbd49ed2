/** An app that keeps its sessions in KV of its own; and one namespace that the app and the Worker share. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { fileURLToPath } from 'node:url'

import { type KVNamespaceLike, type ListedSession, generateKeys, kvStore, memoryStore, remoteSessions, sessions } from 'sealed-session'
import { getPlatformProxy } from 'wrangler'

import { Deployment, MINUTE } from '../e2e/support/deployment.ts'
import { type Data, contract } from './contract.ts'
import { appSessions, buildApp } from './kv-app.ts'

const keys = generateKeys()
const app = await buildApp()
const deployment = await Deployment.start({ keys, store: 'kv', instances: { main: {}, app: { build: app } } })
after(() => deployment.stop())

const { stack, token } = deployment
const theWorkers = remoteSessions<Data>({ url: stack.url(), token })
const theApps = appSessions<Data>(stack, 'app', sessions<Data>({ keys, store: memoryStore() }))

const configPath = fileURLToPath(new URL('kv-app/wrangler.toml', import.meta.url))
const platform = await getPlatformProxy<{ SESSIONS: KVNamespaceLike }>({ configPath, persist: false })
after(() => platform.dispose())
const wranglers = sessions<Data>({ keys, store: kvStore(platform.env.SESSIONS) })
contract('over Workers KV as wrangler has it', () => ({ sessions: wranglers, bound: 60 }))

const named = ({ handle, label, joinedAt }: ListedSession): unknown => ({ handle, label: label ?? undefined, joinedAt })

describe('one namespace, served by the Worker and by an app', () => {
  const pairs = [
    { made: 'the Worker', one: theWorkers, met: 'the app', other: theApps },
    { made: 'the app', one: theApps, met: 'the Worker', other: theWorkers },
  ]
  for (const { made, one, met, other } of pairs) {
    it(`lets ${met} read, write, move and end what ${made} made`, async () => {
      const user = `shared by ${made}`
      const { id } = await one.create({ data: { visits: 1 }, user, label: 'one' })
      assert.deepEqual((await other.read(id))?.data, { visits: 1 })
      await deployment.pause()
      await other.patch(id, { name: 'x' })
      assert.deepEqual((await one.read(id))?.data, { visits: 1, name: 'x' })
      assert.deepEqual((await other.user(user).list()).sessions.map(named), (await one.user(user).list()).sessions.map(named))

      await deployment.pause()
      const moved = await other.regenerate(id, { user })
      assert.equal(await one.read(id), undefined)
      assert.equal((await one.read(moved.id))?.user, user)

      await deployment.pause()
      await other.end(moved.id)
      await stack.advance(MINUTE)
      for (const sessions of [one, other]) {
        assert.equal(await sessions.read(moved.id), undefined)
        assert.deepEqual((await sessions.user(user).list()).sessions, [])
      }
    })

    it(`lets ${met} verify what ${made} erased`, async () => {
      const user = `erased by ${made}`
      await one.create({ user })
      const { receipt } = await one.user(user).erase()
      const verified = await other.verify(receipt, user)
      assert.ok(verified.authentic && verified.aboutUser)
    })
  }
})
