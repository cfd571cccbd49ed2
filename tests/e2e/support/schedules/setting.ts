/** What a deployment under schedules is like: drawn from its number, so that a seed finds it again. */

import type { Fault } from '../../harness/workerd.ts'
import { type Deployment, type DeploymentOptions, HOUR, MINUTE, SECOND, type StoreKind } from '../deployment.ts'
import { Chance } from './chance.ts'

export interface Setting {
  store: StoreKind
  /** Milliseconds from an answer until it holds everywhere. */
  bound: number
  idle: number
  absolute: number
  /** What goes wrong with KV all the time: nothing, but for a double that leaves a rule out. */
  faults: Fault[]
}

/** Deployments of one kind. The schedule of a seed runs in that of the seed's remainder. */
export const SETTINGS = 5

export function settingOf(store: StoreKind, number: number): Setting {
  const chance = new Chance(1_000_003 + number)
  const most = chance.of([30, 60, 120, 600, 3_600])
  const visibility = number === 0 ? 60 : 30 + chance.below(most - 29)
  const bound = store === 'kv' ? visibility * SECOND : 0
  const idle = Math.max(chance.of([10 * MINUTE, 20 * MINUTE, 2 * HOUR]), 2 * bound)
  return { store, bound, idle, absolute: idle * chance.of([1, 3, 6]), faults: [] }
}

/** How to start it: two places, and its three settings. */
export function deploymentOf({ store, bound, idle, absolute }: Setting): DeploymentOptions {
  const vars: Record<string, string> = { IDLE: `${idle / SECOND}s`, ABSOLUTE: `${absolute / SECOND}s` }
  if (store === 'kv') vars['KV_VISIBILITY'] = `${bound / SECOND}s`
  return { store, vars, instances: { a: { location: 'A' }, b: { location: 'B' } } }
}

/**
 * Makes KV as late as its deployment was told that it may be, in a way that the seed draws: from acknowledgement to
 * landing, from there to the other location, and 30 seconds more by its cache.
 */
export async function makeLate({ stack }: Deployment, { bound, faults }: Setting, chance: Chance): Promise<void> {
  const room = bound - CACHE_MS
  const late = Math.min(chance.of([0, LATE_MS]), room)
  const most = chance.weighted([1, 0], [2, room - late], [2, chance.below(room - late + 1)])
  for (const location of ['A', 'B']) {
    await stack.kv.configure(location, {
      lateMs: [0, late],
      propagationMs: [chance.of([0, most]), most],
      ownMs: chance.oneIn(3) ? [0, late + most] : 0,
      listLagMs: chance.of([0, Math.min(CACHE_MS, bound - late - most)]),
      seed: chance.below(1_000_000),
      faults,
    })
  }
}

/** Holds some writes of a place for some seconds, so that others come in between. */
export async function holdSome(
  { stack }: Deployment,
  { faults }: Setting,
  place: string,
  chance: Chance,
): Promise<void> {
  const latencyMs = 1_000 + chance.below(HELD_MS - 1_000)
  const held: Fault = { on: ['put', 'delete'], times: 1 + chance.below(2), latencyMs }
  await stack.kv.configure(place.toUpperCase(), { faults: [...faults, held] })
}

/** What the Worker asks with, `cacheTtl`. */
const CACHE_MS = 30 * SECOND
const LATE_MS = 4 * SECOND
const HELD_MS = 3 * SECOND
