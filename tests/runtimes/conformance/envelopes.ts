/** envelope.json: every envelope, opened by the kernel, and by the runtime's own cipher where it has one. */

import file from '../../vectors/envelope.json' with { type: 'json' }
import { open } from '../../../pkg/src/envelope.ts'
import { SealedSessionError } from '../../../pkg/src/errors.ts'
import { withSealKernel } from '../../../pkg/src/kernel/seal.ts'
import { fromBase64url, hex, unhex, utf8 } from './bytes.ts'
import { codeOf, equal } from './check.ts'

const { KernelScope, peek } = withSealKernel((kernel) => kernel)

interface Vector {
  name: string
  expect: string
  keyring: string
  tenant: string
  purpose: string
  subject: string
  now: number
  envelope?: string
  envelope_text?: string
  payload?: string
  payload_repeat?: { byte: string; length: number }
  padded_length?: number
  key_id?: string
  expires_at?: number
}

export function envelopes(): void {
  for (const vector of file.vectors as Vector[]) {
    const { name, expect, now } = vector
    const scope = new KernelScope(utf8(vector.keyring), vector.tenant, vector.purpose)
    const subject = unhex(vector.subject)
    const openings = { kernel: (bytes: Uint8Array) => scope.open(subject, bytes, now), runtime: (bytes: Uint8Array) => open(scope, subject, bytes, now) }
    for (const [cipher, opened] of Object.entries(openings)) {
      let payload: Uint8Array = new Uint8Array()
      const outcome = codeOf(() => (payload = opened(envelopeOf(vector)))) ?? 'opens'
      equal(outcome, expect, `${name} [${cipher}]`)
      if (expect === 'opens') equal(hex(payload), payloadOf(vector), `${name}, payload [${cipher}]`)
    }
    if (vector.key_id !== undefined) equal(peek(envelopeOf(vector)), `${vector.key_id},${vector.expires_at}`, `${name}, header`)
    scope.free()
  }
}

function envelopeOf({ envelope = '', envelope_text: text }: Vector): Uint8Array {
  const bytes = text === undefined ? unhex(envelope) : fromBase64url(text)
  if (bytes === undefined) throw new SealedSessionError('malformed')
  return bytes
}

function payloadOf({ payload = '', payload_repeat: repeat }: Vector): string {
  return repeat === undefined ? payload : repeat.byte.repeat(repeat.length)
}
