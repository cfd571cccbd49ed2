/**
 * What a location remembers of the central store: values, and that there was none.
 *
 * @typedef {object} Found A key's value, as the central store or a cache has it.
 * @property {Uint8Array} value
 * @property {string | null} metadata JSON.
 * @property {number | null} expiration Unix seconds.
 */

import { now } from './clock.js'

export class Cache {
  /** @type {Map<string, { found: Found | null, fetchedAt: number, ttlMs: number }>} */
  #entries = new Map()
  /** Which fetch of a key may still be remembered. @type {Map<string, symbol>} */
  #fetching = new Map()

  /**
   * The entry for a read that accepts this age; undefined if there is none. An entry leaves with the cacheTtl that it
   * was fetched with, and a read with a shorter one does not take it after that.
   * @param {string} key @param {number} ttlMs
   */
  get(key, ttlMs) {
    const entry = this.#entries.get(key)
    return entry && now() - entry.fetchedAt < Math.min(entry.ttlMs, ttlMs) ? entry : undefined
  }

  /** Fetches keys and remembers the answers, misses too. @param {string[]} keys @param {number} ttlMs */
  async fetch(keys, ttlMs, /** @type {(keys: string[]) => Promise<(Found | null)[]>} */ fetch) {
    const ticket = Symbol()
    for (const key of keys) this.#fetching.set(key, ticket)
    const fetchedAt = now()
    const answers = await fetch(keys)
    return answers.map((found, i) => {
      const entry = { found, fetchedAt, ttlMs }
      if (this.#fetching.get(keys[i]) === ticket) {
        this.#fetching.delete(keys[i])
        this.#entries.set(keys[i], entry)
      }
      return entry
    })
  }

  /** Forgets a key, and what a fetch that is under way will say about it. @param {string} key */
  forget(key) {
    this.#fetching.delete(key)
    this.#entries.delete(key)
  }

  clear() {
    this.#fetching.clear()
    this.#entries.clear()
  }
}
