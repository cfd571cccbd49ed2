/**
 * The operations that reached KV, in the order in which they were answered.
 *
 * @typedef {object} Entry
 * @property {number} at
 * @property {string} location
 * @property {string} kind
 * @property {string[]} keys Of a list its prefix.
 * @property {number} status 404 is a miss.
 */

import { now } from './clock.js'

/** @type {Entry[]} */
let entries = []

/** @param {string} location @param {import('./wire.js').Call} call @param {number} status */
export function record(location, { kind, keys }, status) {
  entries.push({ at: now(), location, kind, keys, status })
  if (entries.length > 2 * LENGTH) entries = entries.slice(-LENGTH)
}

/** The last {@link LENGTH} operations since the journal was cleared. */
export const journal = () => entries.slice(-LENGTH)

export function clearJournal() {
  entries = []
}

const LENGTH = 10_000
