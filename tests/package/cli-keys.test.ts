/** What `sealed-session token`, `rotate` and `inspect` say, against the Worker that has to agree. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { remoteSessions } from 'sealed-session'

import { Deployment, HOUR, keyId, newLookupKey, newRootKey } from '../e2e/support/deployment.ts'
import { call } from '../support/command-line.ts'

const json = async (args: string[], env: Record<string, string> = {}): Promise<Record<string, string>> =>
  JSON.parse((await call([...args, '--json'], { env })).out) as Record<string, string>

describe('sealed-session token', () => {
  it('makes a token that the Worker lets in, with its scopes and in its tenant', async () => {
    const tokens = await Promise.all(['acme', 'umbra'].map(async (tenant) => json(['token', '--name', `${tenant}-app`, '--tenant', tenant, '--scopes', 'sessions'])))
    await using deployment = await Deployment.start({ vars: { API_TOKENS_MORE: tokens.map(({ API_TOKENS: line }) => line).join('\n') } })
    const [acme, umbra] = tokens.map(({ token }) => remoteSessions({ url: deployment.stack.url(), token }))
    const { id } = await (acme ?? assert.fail()).create({ data: { a: 1 } })
    assert.deepEqual((await acme?.read(id))?.data, { a: 1 })
    assert.equal(await umbra?.read(id), undefined)
    await assert.rejects(async () => acme?.user('ada').list(), { code: 'forbidden' })
  })
})

describe('sealed-session rotate', () => {
  it('loses no session on the way, and moves those that are written', async () => {
    const [lookup, old] = [newLookupKey(), newRootKey()]
    const keys = `${lookup},${old}`
    await using deployment = await Deployment.start({ keys, store: 'kv' })
    const { out } = await call(['rotate'], { env: { SESSION_KEYS: keys } })
    const steps = out.split('\n')
    const added = steps[1]?.split(',')[1] ?? ''
    const sessions = () => remoteSessions({ url: deployment.stack.url(), token: deployment.token })
    const { id } = await sessions().create({ data: { at: 0 }, user: 'ada' })
    // What stands in the store says which key sealed it, to whoever looks.
    const sealedBy = async (): Promise<string | undefined> => {
      const stored = (await deployment.stack.kv.dump()).find(({ key, current }) => current && key.startsWith('s:'))
      const { out } = await call(['inspect', '--json'], { input: Uint8Array.from(Buffer.from(stored?.value ?? '', 'base64')) })
      return (JSON.parse(out) as { keyId?: string }).keyId
    }
    for (const [at, by] of [
      [0, old],
      [1, added],
      [2, added],
    ] as const) {
      await deployment.rekey(steps[at] ?? assert.fail())
      assert.deepEqual((await sessions().read(id))?.data, { at })
      await deployment.pause()
      await sessions().replace(id, { at: at + 1 })
      assert.equal(await sealedBy(), keyId(by), `step ${at + 1}`)
      // The line in the user's list moves with a touch, which a read makes when a tenth of the idle window is gone.
      await deployment.stack.advance(2 * HOUR)
      await sessions().read(id)
      await deployment.requests()
    }
    assert.equal((await sessions().user('ada').list()).sessions.length, 1)
  })
})

describe('sealed-session inspect', () => {
  it('recognises all that a store holds', async () => {
    await using deployment = await Deployment.start({ store: 'kv' })
    const sessions = remoteSessions({ url: deployment.stack.url(), token: deployment.token })
    await sessions.create({ data: {} })
    const { id } = await sessions.create({ user: 'ada', label: 'Firefox' })
    await sessions.end((await sessions.create()).id)
    await deployment.pause()
    await sessions.regenerate(id, { grace: '10s' })
    await sessions.user('bob').revokeAll()
    await deployment.requests()
    const kinds = new Set<string>()
    for (const { key, value, metadata } of await deployment.stack.kv.dump()) {
      const input = key.startsWith('u:') ? JSON.stringify(metadata) : Uint8Array.from(Buffer.from(value, 'base64'))
      const { out } = await call(['inspect', '--json'], { input })
      const { kind, prefix } = JSON.parse(out) as { kind: string; prefix?: string }
      assert.equal(prefix ?? 'sealed', kind === 'marker' ? key.slice(0, 2) : 'sealed', key.slice(0, 2))
      kinds.add(`${key.slice(0, 2)} ${kind}`)
    }
    assert.deepEqual([...kinds].toSorted(), ['e: marker', 'f: marker', 'r: marker', 's: envelope', 'u: envelope'])
  })
})
