/** The test's hand on the KV simulator (tests/kv-sim). */

/** Milliseconds; a range is drawn from once per write. */
export type Delay = number | [least: number, most: number]

/** How one location sees the store. All delays are zero at the start. */
export interface LocationSettings {
  /** How long after it landed a write from elsewhere is unseen here, cached or not. */
  propagationMs?: Delay
  /** How long after its acknowledgement a write made here is unseen here. */
  ownMs?: Delay
  /** How long after its acknowledgement a write made here lands in the central store. */
  lateMs?: Delay
  /** How far a list is behind a get that misses the cache. */
  listLagMs?: number
  /** What the draws from ranges depend on. */
  seed?: number
}

/** What goes wrong with an operation. Without `times` and `forMs` it goes wrong once; with `forMs` alone, always. */
export interface Fault {
  on?: Kind | Kind[]
  /** The keys, or the listed prefixes, it happens to. */
  prefix?: string
  times?: number
  forMs?: number
  /** How long the operation is held, on the clock that {@link Stack.advance} moves. */
  latencyMs?: number
  /** The status it is refused with. */
  status?: number
  /** The operation takes effect before any of this, and only its answer suffers. */
  applied?: boolean
  /** A list answers no keys and a cursor. */
  emptyPage?: boolean
}

/** A bulk get is a `get` here. */
export type Kind = 'get' | 'put' | 'delete' | 'list'

/** Of all operations, `cached` keys were read from the cache, and `refused` operations got an error. */
export type Counters = Record<'get' | 'bulkGet' | 'put' | 'delete' | 'list' | 'cached' | 'refused', number>

/** An operation that reached KV; `keys` of a list is its prefix, and status 404 a miss. */
export interface Operation {
  at: number
  location: string
  kind: Kind | 'bulkGet'
  keys: string[]
  status: number
}

/** A value that the store holds. It is not current when it expired, was written over, or has not landed. */
export interface Stored {
  key: string
  /** Base64. */
  value: string
  metadata: unknown
  expiration: number | null
  current: boolean
}

/** What a planted value has besides; `expiration` in Unix seconds, as near as one likes. */
export interface Planted {
  metadata?: unknown
  expiration?: number
}

export class Kv {
  /** What was configured, for the next start; faults are over with the process. */
  readonly locations: Record<string, LocationSettings> = {}
  readonly #call: (call: string, argument: object) => Promise<unknown>

  constructor(call: (call: string, argument: object) => Promise<unknown>) {
    this.#call = call
  }

  /** Changes the settings and the faults named; null sets all as at the start. Faults replace those set before. */
  async configure(location: string, settings: (LocationSettings & { faults?: Fault[] }) | null): Promise<void> {
    await this.#call('configure', { location, settings })
    const lasting = { ...this.locations[location], ...settings }
    delete lasting.faults
    this.locations[location] = settings === null ? {} : lasting
  }

  /** How many operations of each kind a location saw since the start or {@link forget}. */
  async counters(location: string): Promise<Counters> {
    return (await this.#call('counters', { location })) as Counters
  }

  /** The last 10 000 operations since the start or {@link forget}, in the order in which they were answered. */
  async journal(): Promise<Operation[]> {
    return (await this.#call('journal', {})) as Operation[]
  }

  /** Sets the counters to zero and empties the journal. */
  async forget(): Promise<void> {
    await this.#call('forget', {})
  }

  /** Everything the store holds, with what lies under a delete or an overwrite that some location does not see yet. */
  async dump(): Promise<Stored[]> {
    return (await this.#call('dump', {})) as Stored[]
  }

  /** Puts a value past KV's rules, to be seen everywhere at once: somebody who has the store wrote it. */
  async plant(key: string, value: Uint8Array, options: Planted = {}): Promise<void> {
    await this.#call('plant', { key, value: Buffer.from(value).toString('base64'), ...options })
  }

  /** Empties the cache of a location, or all caches, as may happen at any time. */
  async evict(location?: string): Promise<void> {
    await this.#call('evict', { location })
  }

  /** Empties the store and all caches. */
  async wipe(): Promise<void> {
    await this.#call('wipe', {})
  }

  /** Resolves when exactly so many operations are held by faults with `latencyMs`; with 0, when all took effect. */
  async held(count = 1): Promise<void> {
    await this.#call('held', { count })
  }
}
