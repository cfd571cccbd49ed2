/** What all vectors are made of. Nothing is random. */

import { SALT } from '../format/cobblestone.mjs'
import { seal } from '../format/envelope.mjs'
import { keyId, lookupText, rootText } from '../format/keys.mjs'
import { sha512, utf8 } from '../format/notation.mjs'

/** `length` bytes counting up from `first`. */
const run = (first, length) => Buffer.from(Array.from({ length }, (_, index) => first + index))

export const ROOT = run(0x00, 32)
export const OTHER_ROOT = run(0x20, 32)
export const THIRD_ROOT = run(0xa0, 32)
export const LOOKUP = run(0x60, 32)
export const OTHER_LOOKUP = run(0xc0, 32)
export const SESSION_ID = run(0x40, 32)
export const FOREIGN_ID = '5e551000-0000-4000-8000-000000000001'
export const NOW = 1_900_000_000

/** What FORMAT's known answer is sealed from; every vector departs from it in one thing. */
export const KNOWN = {
  root: ROOT,
  tenant: 'acme',
  purpose: 'session',
  subject: SESSION_ID,
  expiresAt: 2_000_000_000,
  salt: run(0x80, SALT),
  payload: utf8('{"uid":"u_1","role":"user"}'),
  floor: 256,
}
export const KNOWN_ENVELOPE = seal(KNOWN)

/** A salt for the vector of this name: never twice for two messages, though nothing here is secret. */
export const saltFor = (name) => sha512(utf8(`sealed-session vectors: salt of ${name}`)).subarray(0, SALT)

/** The first two root keys, counting up, that share their key ID. 32 bits need some 80 000 tries for that. */
function collidingRoots() {
  const seen = new Map()
  for (let counter = 0; ; counter += 1) {
    const root = sha512(utf8(`sealed-session vectors: root key ${counter}`)).subarray(0, 32)
    const id = keyId(root).readUInt32BE()
    if (seen.has(id)) return [seen.get(id), root]
    seen.set(id, root)
  }
}
export const [TWIN_ROOT, OTHER_TWIN_ROOT] = collidingRoots()

export const RING = { keyring: `${lookupText(LOOKUP)},${rootText(ROOT)}`, lookup: LOOKUP }
export const OTHER_RING = { keyring: `${lookupText(OTHER_LOOKUP)},${rootText(ROOT)}`, lookup: OTHER_LOOKUP }

/** What FORMAT's receipt says; every vector departs from it in one thing. */
export const KNOWN_ERASURE = {
  lookup: LOOKUP,
  tenant: 'acme',
  userId: utf8('u_1'),
  at: 1_900_000_060_000,
  ended: 3,
  completeBy: 1_900_604_800_000,
  partial: false,
  nonce: run(0xd0, 16),
}
