/**
 * What a test turns and reads: `POST /<call>` with one JSON argument, answered with JSON. Its socket belongs to the
 * test alone; the Worker under test has no binding to it.
 */

import { WorkerEntrypoint } from 'cloudflare:workers'

import { shift, untilHeld } from './clock.js'
import { clearJournal, journal } from './journal.js'
import { everywhere, locationOf } from './location.js'

export class Control extends WorkerEntrypoint {
  #central = this.env.CENTRAL.getByName('central')

  /** @param {Request} request */
  async fetch(request) {
    const call = new URL(request.url).pathname.slice(1)
    if (!Object.hasOwn(this.#calls, call)) return new Response(`no call ${call}`, { status: 404 })
    return Response.json((await this.#calls[call](await request.json())) ?? null)
  }

  #calls = {
    /** Sets how far this clock is ahead of the machine's. */
    clock: ({ offset }) => shift(offset),

    configure: ({ location, settings }) => locationOf(location).configure(settings),

    counters: ({ location }) => locationOf(location).counters,

    journal: () => journal(),

    /** Counters to zero, journal to nothing. */
    forget: () => {
      clearJournal()
      for (const location of everywhere()) location.resetCounters()
    },

    /** Empties caches: one location's, or all. */
    evict: ({ location }) => {
      for (const each of location === undefined ? everywhere() : [locationOf(location)]) each.cache.clear()
    },

    held: ({ count }) => untilHeld(count),

    dump: () => this.#central.dump(),

    plant: async ({ key, value, metadata = null, expiration = null }) => {
      const json = metadata === null ? null : JSON.stringify(metadata)
      await this.#central.plant({ key, value: Uint8Array.fromBase64(value), metadata: json, expiration })
      for (const { cache } of everywhere()) cache.forget(key)
    },

    wipe: async () => {
      await this.#central.wipe()
      for (const { cache } of everywhere()) cache.clear()
    },
  }
}
