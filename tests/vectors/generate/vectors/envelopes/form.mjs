/** How a vector of an envelope is written down. */

import { schedule, sealPadded, version } from '../../format/envelope.mjs'
import { rootText } from '../../format/keys.mjs'
import { encodeText } from '../../format/notation.mjs'
import { pad } from '../../format/padding.mjs'
import { KNOWN, NOW, ROOT, saltFor } from '../inputs.mjs'

/**
 * A vector that opens. `changes` says where the sealing departs from the known answer, and further
 *
 * - `keyring`, `now`: what it is opened with;
 * - `padded`: a padded message that no sealer makes; then there is no `floor`;
 * - `rotated`: that the key is not the ring's first, so that sealing gives another envelope; no `floor` either;
 * - `text`: that the envelope is given as text.
 */
export function opens(name, reason, changes = {}) {
  const sealing = { ...KNOWN, salt: saltFor(name), ...changes }
  const { keyring = rootText(sealing.root), now = NOW, rotated = false, text = false } = changes
  const padded = changes.padded ?? pad(sealing.payload, sealing.floor)
  const keys = schedule(sealing)
  const envelope = sealPadded(sealing, padded)
  return {
    name,
    reason,
    expect: 'opens',
    keyring,
    tenant: sealing.tenant,
    purpose: sealing.purpose,
    subject: sealing.subject.toString('hex'),
    now,
    expires_at: sealing.expiresAt,
    ...(changes.padded || rotated ? {} : { floor: sealing.floor }),
    salt: sealing.salt.toString('hex'),
    ...payloadFields(sealing.payload),
    padded_length: padded.length,
    key_id: keys.id.toString('hex'),
    scope_key: keys.scope.toString('hex'),
    input_key: keys.input.toString('hex'),
    chunk_key: keys.chunkKey.toString('hex'),
    base_nonce: keys.baseNonce.toString('hex'),
    commitment: keys.commitment.toString('hex'),
    version: version(envelope),
    ...envelopeField(text ? encodeText(envelope) : envelope),
  }
}

/** A vector that does not open: its envelope, as bytes or text, and where the opening departs from the known answer. */
export function refused(name, expect, reason, envelope, opening = {}) {
  const { keyring = rootText(ROOT), tenant, purpose, subject, now = NOW } = { ...KNOWN, ...opening }
  return {
    name,
    reason,
    expect,
    keyring,
    tenant,
    purpose,
    subject: subject.toString('hex'),
    now,
    ...envelopeField(envelope),
  }
}

const envelopeField = (envelope) =>
  typeof envelope === 'string' ? { envelope_text: envelope } : { envelope: envelope.toString('hex') }

/** Long payloads are one byte repeated. */
function payloadFields(payload) {
  if (payload.length < 1000) return { payload: payload.toString('hex') }
  return { payload_repeat: { byte: payload.toString('hex', 0, 1), length: payload.length } }
}
