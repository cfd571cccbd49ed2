/** envelope.json: the list, and its check by computation. */

import { strict as assert } from 'node:assert'

import { CHUNK } from '../format/cobblestone.mjs'
import { open, openText, seal } from '../format/envelope.mjs'
import { parseKeyring } from '../format/keys.mjs'
import { encodeText, hex } from '../format/notation.mjs'
import { checkNames, labelled } from './checks.mjs'
import { bitFlips, headers, known, lengths } from './envelopes/bytes.mjs'
import { chunkAttacks, chunkBoundaries } from './envelopes/chunks.mjs'
import { expiry, order, padding, texts } from './envelopes/opening.mjs'
import { keyrings, scopes } from './envelopes/scopes.mjs'

export function envelopeVectors() {
  return [
    ...known(),
    ...headers(),
    ...lengths(),
    ...bitFlips(),
    ...chunkBoundaries(),
    ...chunkAttacks(),
    ...scopes(),
    ...keyrings(),
    ...expiry(),
    ...order(),
    ...padding(),
    ...texts(),
  ]
}

/** The purposes of FORMAT's table. */
const PURPOSE = /^(session|user-session|activity|cookie|store-value|app\/.+)$/

/** Reads a vector as another implementation would, from its fields alone, and holds it to its `expect`. */
function checkEnvelope(vector) {
  const keyring = parseKeyring(vector.keyring)
  assert.ok(keyring, 'The keyring is valid')
  assert.match(vector.purpose, PURPOSE)
  assert.match(vector.tenant, /^[A-Za-z0-9._-]{1,64}$/)
  const { tenant, purpose, now, salt, floor, expires_at: expiresAt } = vector
  const opening = { keyring, tenant, purpose, now, subject: hex(vector.subject) }

  const isText = vector.envelope_text !== undefined
  const result = isText ? openText(opening, vector.envelope_text) : open(opening, hex(vector.envelope))
  assert.equal(result.outcome, vector.expect)
  if (result.outcome !== 'opens') return

  const { byte, length } = vector.payload_repeat ?? {}
  const payload = byte === undefined ? hex(vector.payload) : Buffer.alloc(length, hex(byte))
  assert.deepEqual(result.payload, payload)
  if (floor === undefined) return

  const sealed = seal({ ...opening, root: keyring.roots[0].key, payload, floor, expiresAt, salt: hex(salt) })
  assert.equal(isText ? vector.envelope_text : vector.envelope, isText ? encodeText(sealed) : sealed.toString('hex'))
}

/** What the envelope vectors promise as a set. */
export function checkEnvelopes(vectors) {
  checkNames(vectors)
  for (const vector of vectors) labelled(vector, checkEnvelope)

  // A nonce made by addition equals the one made by XOR as long as no bit is carried: some vector has to carry.
  const carries = (vector) => vector.padded_length >= CHUNK && /[13579bdf]$/.test(vector.base_nonce)
  assert.ok(vectors.some(carries), 'Some vector tells XOR from addition')
  // A keyed salt used twice for two messages would be a bad example.
  const salts = vectors.filter((vector) => vector.salt).map((vector) => `${vector.input_key} ${vector.salt}`)
  assert.equal(new Set(salts).size, salts.length, 'No salt occurs twice under one input key')
}
