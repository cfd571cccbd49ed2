/**
 * The locations: how each one sees the store, what its cache holds, and what goes wrong there.
 *
 * @typedef {number | [least: number, most: number]} Delay Milliseconds; a range is drawn from per write.
 *
 * @typedef {object} Settings
 * @property {Delay} propagationMs How long after it landed a write from elsewhere is unseen here, cached or not.
 * @property {Delay} ownMs How long after its acknowledgement a write made here is unseen here. KV promises no zero.
 * @property {Delay} lateMs How long after its acknowledgement a write made here lands in the central store.
 * @property {number} listLagMs How far a list is behind a get that misses the cache.
 * @property {number} seed What the draws from ranges depend on.
 * @property {Fault[]} faults What goes wrong next. The first that matches an operation is the one that happens.
 *
 * @typedef {object} Fault
 * @property {Kind | Kind[]} [on] The operations it happens to; all if left out.
 * @property {string} [prefix] The keys, or the listed prefixes, it happens to; all if left out.
 * @property {number} [times] To how many operations it happens: without it and `forMs` one, with `forMs` all.
 * @property {number} [forMs] For how long after it was set it happens.
 * @property {number} [latencyMs] How long the operation is held, on the clock that tests move.
 * @property {number} [status] The status it is refused with.
 * @property {boolean} [applied] The operation takes effect before any of this, and only its answer suffers.
 * @property {boolean} [emptyPage] The list answers no keys and a cursor, as one that met only deleted keys.
 *
 * @typedef {'get' | 'put' | 'delete' | 'list'} Kind A bulk get is a get.
 */

import { Cache } from './cache.js'
import { now } from './clock.js'
import start from './start.json'

const defaults = { propagationMs: 0, ownMs: 0, lateMs: 0, listLagMs: 0, seed: 1, faults: [] }

/** @type {Map<string, Location>} */
const locations = new Map()

/** The location of that name; whoever is the first to name one founds it. @param {string} name */
export function locationOf(name) {
  let location = locations.get(name)
  if (!location) locations.set(name, (location = new Location(name)))
  return location
}

/** All locations named so far. */
export const everywhere = () => locations.values()

/** A write that landed this long ago is seen at every location, and in every list. */
export function longestDelay() {
  let longest = 0
  for (const { settings } of locations.values()) {
    longest = Math.max(longest, settings.listLagMs + Math.max(most(settings.propagationMs), most(settings.ownMs)))
  }
  return longest
}

export class Location {
  cache = new Cache()
  counters = noneYet()
  /** @type {Settings} */
  settings = { ...defaults }
  #faults = []

  /** @param {string} name */
  constructor(name) {
    this.name = name
  }

  /** Changes the settings named; null sets all as at the start. @param {Partial<Settings> | null} changes */
  configure(changes) {
    this.settings = changes === null ? { ...defaults } : { ...this.settings, ...changes }
    if (changes === null || changes.faults) {
      this.#faults = this.settings.faults.map((fault) => ({
        ...fault,
        left: fault.times ?? (fault.forMs === undefined ? 1 : Infinity),
        until: now() + (fault.forMs ?? Infinity),
      }))
    }
  }

  /** The fault that happens to this operation, if any. @returns {Fault | undefined} */
  fault({ kind: called, keys }) {
    if (this.#faults.length === 0) return undefined
    const kind = called === 'bulkGet' ? 'get' : called
    this.#faults = this.#faults.filter((fault) => fault.left > 0 && now() < fault.until)
    const fault = this.#faults.find(
      ({ on = kind, prefix = '' }) => [on].flat().includes(kind) && keys.some((key) => key.startsWith(prefix)),
    )
    if (fault) fault.left -= 1
    return fault
  }

  /** Whether a get at this location that misses the cache finds the version. */
  sees({ seq, origin, acknowledged_at, lands_at }, at) {
    return origin === this.name
      ? acknowledged_at + this.#draw(this.settings.ownMs, 'own', seq) <= at
      : lands_at + this.#draw(this.settings.propagationMs, 'propagation', seq) <= at
  }

  /** How late a write made here lands. @param {number} seq */
  lateness(seq) {
    return this.#draw(this.settings.lateMs, 'late', seq)
  }

  resetCounters() {
    this.counters = noneYet()
  }

  /** The same seed, location and write always draw the same delay. */
  #draw(delay, what, seq) {
    if (typeof delay === 'number') return delay
    const [least, most] = delay
    return least + (hash(`${this.settings.seed} ${this.name} ${what} ${seq}`) % (most - least + 1))
  }
}

/** Operations of each kind; keys that the cache answered; operations that got an error. */
const noneYet = () => ({ get: 0, bulkGet: 0, put: 0, delete: 0, list: 0, cached: 0, refused: 0 })

const most = (delay) => (typeof delay === 'number' ? delay : delay[1])

/** FNV-1a with a finish that spreads neighbouring writes. */
function hash(text) {
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  return (sum ^ (sum >>> 13)) >>> 0
}

for (const [name, settings] of Object.entries(start.locations)) locationOf(name).configure(settings)
