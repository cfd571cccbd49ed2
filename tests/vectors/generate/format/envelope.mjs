/** Sealing and opening (FORMAT.md, "Envelope"). The sealer takes its salt from the caller: for tests only. */

import { COMMITMENT, messageKeys, openCobblestone, SALT, sealChunks, TAG } from './cobblestone.mjs'
import { inputKey, keyId, scopeKey } from './keys.mjs'
import { concat, decodeText, encodeText, u32 } from './notation.mjs'
import { pad, unpad } from './padding.mjs'

const FORMAT_V1 = 0xf5
const HEADER = 9
const SHORTEST = HEADER + SALT + COMMITMENT + 1 + TAG

/** All that is derived on the way to an envelope. */
export function schedule({ root, tenant, purpose, subject, expiresAt, salt }) {
  const id = keyId(root)
  const scope = scopeKey(root, tenant, purpose)
  const input = inputKey(scope, subject)
  const header = concat(Buffer.of(FORMAT_V1), id, u32(expiresAt))
  return { id, scope, input, header, ...messageKeys(input, salt, header) }
}

/** An envelope of chunks that the caller made, rightly or wrongly. */
export function assemble(sealing, keys, chunks) {
  return concat(keys.header, sealing.salt, keys.commitment, ...chunks)
}

/** Seals a message that is padded already, well or badly. */
export function sealPadded(sealing, padded) {
  const keys = schedule(sealing)
  return assemble(sealing, keys, sealChunks(keys, padded))
}

export const seal = (sealing) => sealPadded(sealing, pad(sealing.payload, sealing.floor))

/** Opens in the order that FORMAT.md fixes; each step has its own outcome. */
export function open({ keyring, tenant, purpose, subject, now }, envelope) {
  if (envelope.length < SHORTEST || envelope[0] !== FORMAT_V1) return { outcome: 'malformed' }
  const header = envelope.subarray(0, HEADER)

  const root = keyring.roots.find(({ id }) => id.equals(header.subarray(1, 5)))
  if (root === undefined) return { outcome: 'unknown_key' }

  const key = inputKey(scopeKey(root.key, tenant, purpose), subject)
  const padded = openCobblestone(key, header, envelope.subarray(HEADER))
  if (padded === null) return { outcome: 'unauthentic' }

  // Only now is `expires_at` to be believed.
  if (header.readUInt32BE(5) <= now) return { outcome: 'expired' }

  const payload = unpad(padded)
  return payload === null ? { outcome: 'malformed' } : { outcome: 'opens', payload }
}

/** Opens the text form. */
export function openText(opening, text) {
  const envelope = decodeText(text)
  return envelope === null ? { outcome: 'malformed' } : open(opening, envelope)
}

/** The version of an envelope: its first 12 salt bytes as text. */
export const version = (envelope) => encodeText(envelope.subarray(HEADER, HEADER + 12))
