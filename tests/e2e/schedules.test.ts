/**
 * Two hundred random schedules against the built Worker: what tests/model does to the rules, over HTTP.
 *
 * A seed draws what three clients in two places ask for and how much time passes, over KV that is as late as it may be
 * and over Durable Objects; support/schedules/promises.ts judges every answer by what the clients were told before.
 * `SEED=7` runs one schedule, with `STORE=kv` or `durable` over one store; `FROM=1000` runs others than usual.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Fault } from './harness/workerd.ts'
import { Deployment, type DeploymentOptions, type StoreKind } from './support/deployment.ts'
import { run } from './support/schedules/run.ts'
import { SETTINGS, type Setting, deploymentOf, settingOf } from './support/schedules/setting.ts'

const { SEED, STORE, FROM = '1' } = process.env
const first = Number(SEED ?? FROM)
const count = SEED === undefined ? 100 : 1
const seeds = Array.from({ length: count }, (_, i) => first + i)
const stores = (['kv', 'durable'] as const).filter((store) => STORE === undefined || STORE === store)

for (const store of stores) {
  describe(`schedules over ${store}`, { concurrency: true }, () => {
    for (let number = 0; number < SETTINGS; number += 1) {
      const own = seeds.filter((seed) => seed % SETTINGS === number)
      if (own.length === 0) continue
      it(`break no promise: ${own.length} in deployment ${number}`, () => breakNothing(store, number, own))
    }
  })
}

describe('schedules notice', { concurrency: true, skip: SEED !== undefined }, () => {
  for (const [prefix, what] of [['e:', 'a session ended'], ['r:', 'a user revoked all']] as const) {
    it(`a KV that never shows that ${what}`, async () => {
      const faults: Fault[] = [{ on: 'get', prefix, status: 404, forMs: Number.MAX_SAFE_INTEGER }]
      await notice({ ...settingOf('kv', 0), faults })
    })
  }

  it('an object that loses what it said it had written', async () => {
    await notice(settingOf('durable', 0), { durableObjects: [{ binding: 'SHARDS', className: 'StubbornShard' }] })
  })
})

async function breakNothing(store: StoreKind, number: number, own: number[]): Promise<void> {
  const setting = settingOf(store, number)
  await using deployment = await Deployment.start(deploymentOf(setting))
  const granted = new Set<string>()
  for (const seed of own) {
    const ran = await run(seed, deployment, setting)
    assert.equal(ran.broken, null, `schedule ${seed}: ${ran.broken}`)
    for (const kind of ran.granted) granted.add(kind)
  }
  // The promises say something only if the calls get somewhere.
  if (SEED === undefined) assert.equal(granted.size, 10, [...granted].join())
}

async function notice(setting: Setting, double: DeploymentOptions = {}): Promise<void> {
  await using deployment = await Deployment.start({ ...deploymentOf(setting), ...double })
  for (let seed = 1; seed <= 50; seed += 1) {
    const { broken } = await run(seed, deployment, setting)
    if (broken !== null) return
  }
  assert.fail('50 schedules noticed nothing')
}
