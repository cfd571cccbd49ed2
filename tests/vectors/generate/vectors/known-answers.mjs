/** What FORMAT.md prints, and what else can be had from elsewhere. */

import { strict as assert } from 'node:assert'
import { createHash, createHmac, hkdfSync } from 'node:crypto'

import { schedule, version } from '../format/envelope.mjs'
import { csrf, foreignSessionId, handle, logId, pseudonym } from '../format/identifiers.mjs'
import { keyId } from '../format/keys.mjs'
import { encodeText, expand, utf8 } from '../format/notation.mjs'
import { padme } from '../format/padding.mjs'
import { issue } from '../format/receipts.mjs'
import {
  FOREIGN_ID, KNOWN, KNOWN_ENVELOPE, KNOWN_ERASURE, LOOKUP, OTHER_TWIN_ROOT, SESSION_ID, TWIN_ROOT,
} from './inputs.mjs'

/** FORMAT's "Known answers", and what else can be had from elsewhere. Everything below rests on these. */
export function assertKnownAnswers() {
  const keys = schedule(KNOWN)
  const receipt = issue(KNOWN_ERASURE)
  const answers = [
    ['key ID', keys.id.toString('hex'), '36a78856'],
    ['input key', keys.input.toString('hex'), '1d3287e98e013bf3e6bf2161bcb4638ef041b67e39339ffb8d02c901d4993f77'],
    ['handle', encodeText(handle(SESSION_ID, 'acme')), 'QKqtvLF85wasDihTO6UAg71fAfQsr8Vi8zETTlNRnOE'],
    ['log ID', encodeText(logId(handle(SESSION_ID, 'acme'), 'acme')), 'L8CIMcTFP_16'],
    ['CSRF token', encodeText(csrf(SESSION_ID, 'acme')), 'i9exczfQGe4gWpTqMvi_HPqcynt7K3Divvr4kUh1B0A'],
    ['pseudonym', encodeText(pseudonym(LOOKUP, 'acme', utf8('u_1'))), '6Gh3h6QiU2baqR_NCvVEuW-0RU3KRWUBxHdkUUInZGI'],
    ['session ID of a foreign ID', encodeText(foreignSessionId(LOOKUP, 'acme', FOREIGN_ID)),
      'nZnf_IrHPLxD-LuCOk3WLnVsiNIgHUf2TBVibUiY_ao'],
    ['envelope length', KNOWN_ENVELOPE.length, 337],
    ['envelope start', KNOWN_ENVELOPE.toString('hex', 0, 20), 'f536a7885677359400808182838485868788898a'],
    ['envelope end', KNOWN_ENVELOPE.toString('hex', 321), '8a11ec4d333e8766c2b4f0164e75873f'],
    ['envelope SHA-256', createHash('sha256').update(KNOWN_ENVELOPE).digest('hex'),
      'f2697564041564e6b387cd8c05e51b8b13f05e5839f0cefd571201315332223c'],
    ['version', version(KNOWN_ENVELOPE), 'gIGCg4SFhoeIiYqL'],
    ['receipt key', receipt.key.toString('hex'), '7d7dca1211b65afcb2052aaebf244de8e4a9dbad105fccb5c2e5ba0713a2e395'],
    ['about', receipt.who.toString('hex'), '15db91230b912501a60164b1fad0d22528776e31bc4ea5109988d68fd1a2f78c'],
    ['receipt tag', receipt.tag.toString('hex'), '939c05507f96274ddcb61c5b190972481f95da8eb6d66c553f4baa416402e1a5'
      + '8c65c7c835102fa6b3fa9ee6b09858a000a3f13fe0cb2d53acb3fe51058c849b'],
    // FORMAT gives no known answers for Padmé; these are worked out by hand.
    ['Padmé', [1, 2, 9, 27, 257, 1025, 16385, 40000].map(padme), [1, 2, 10, 28, 272, 1088, 17408, 40960]],
  ]
  for (const [name, actual, expected] of answers) assert.deepEqual(actual, expected, `Known answer of the ${name}`)

  // OpenSSL's HKDF is Extract and Expand; with Extract done by hand ours must agree over several blocks.
  const prk = createHmac('sha512', 'salt').update('input').digest()
  const okm = Buffer.from(hkdfSync('sha512', 'input', 'salt', 'info', 200))
  assert.deepEqual(expand(prk, utf8('info'), 200), okm, 'HKDF-Expand')

  assert.notDeepEqual(TWIN_ROOT, OTHER_TWIN_ROOT, 'Two different keys')
  assert.deepEqual(keyId(TWIN_ROOT), keyId(OTHER_TWIN_ROOT), 'Two keys of one key ID')
}
