/** A restart keeps every session, however the process ended, and revives none. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { create, end, read, regenerate, replace } from './support/api.ts'
import { Deployment, MINUTE } from './support/deployment.ts'

const deployment = await Deployment.start()
const { api, stack } = deployment
after(() => deployment.stop())

const ways: Record<string, () => Promise<void>> = {
  'an orderly end (SIGTERM)': () => deployment.restart(),
  'a sudden one (SIGKILL)': () => deployment.crash(),
}
for (const [way, restart] of Object.entries(ways)) {
  describe(way, () => {
    it('keeps what was answered, and nothing else', async () => {
      const anonymous = await api.ok(create({ data: { a: [1] } }))
      const theirs = await api.ok(create({ data: 'mine', user: 'ada', label: 'phone' }))
      const left = await api.ok(create())
      const ended = await api.ok(create({ user: 'ada' }))
      await deployment.pause()
      const replaced = await api.ok(replace(theirs.id, { data: 'changed' }))
      const moved = await api.ok(regenerate(left.id))
      await api.ok(end(ended.id))

      await restart()

      assert.deepEqual((await api.ok(read(anonymous.id))).data, { a: [1] })
      const { data, user, label, version } = await api.ok(read(theirs.id))
      assert.deepEqual([data, user, label, version], ['changed', 'ada', 'phone', replaced.version])
      assert.ok(await api.isLive(moved.id))
      for (const { id } of [left, ended]) assert.ok(!(await api.isLive(id)))

      await stack.advance(3 * MINUTE)
      await restart()
      for (const { id } of [anonymous, theirs, moved]) assert.ok(await api.isLive(id))
      for (const { id } of [left, ended]) assert.ok(!(await api.isLive(id)))
    })
  })
}

describe('an answer', () => {
  it('is not given before it is stored', async () => {
    // Killed at the moment of the answer, again and again.
    for (let i = 0; i < 3; i += 1) {
      const { id } = await api.ok(create({ data: i, user: 'ada' }))
      await deployment.crash()
      assert.equal((await api.ok(read(id))).data, i)
    }
  })
})
