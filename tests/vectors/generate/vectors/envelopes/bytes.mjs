/** The known answer, and what becomes of it when its bytes are changed. */

import { concat, encodeText, u32, utf8 } from '../../format/notation.mjs'
import { flip, startWith } from '../alterations.mjs'
import { KNOWN, KNOWN_ENVELOPE, NOW } from '../inputs.mjs'
import { opens, refused } from './form.mjs'

export const known = () => [
  opens('known-answer', 'The known answer of the format', { salt: KNOWN.salt }),
]

export function headers() {
  const first = [
    [0x00, 'zero'],
    [0x01, 'one'],
    [0x65, "the letter 'e', as in a compact JWE"],
    [0x75, '0xF5 without its highest bit'],
    [0x7b, "'{', as in JSON"],
    [0xf4, 'one less than 0xF5'],
    [0xf6, 'one more than 0xF5'],
    [0xff, '0xFF'],
  ].map(([byte, what]) => refused(`first-byte-${byte.toString(16).padStart(2, '0')}`, 'malformed',
    `The first byte is ${what}`, startWith(byte, KNOWN_ENVELOPE)))

  const ids = [1, 2, 3, 4].map((offset) => refused(`key-id-byte-${offset - 1}-changed`, 'unknown_key',
    `Byte ${offset - 1} of the key ID is changed, and no key in the ring has that ID`, flip(KNOWN_ENVELOPE, offset)))

  const times = [5, 6, 7, 8].map((offset) => refused(`expires-at-byte-${offset - 5}-changed`, 'unauthentic',
    `Byte ${offset - 5} of expires_at is changed to a later time`, flip(KNOWN_ENVELOPE, offset, laterBit(offset))))

  return [
    ...first,
    refused('json-as-envelope', 'malformed', 'JSON in the clear is no envelope, however long',
      utf8(`{"cookie":{"path":"/"},"note":"${'x'.repeat(100)}"}`)),
    refused('text-as-envelope', 'malformed', 'The text form, given as if it were the bytes, is no envelope',
      utf8(encodeText(KNOWN_ENVELOPE))),
    ...ids,
    ...times,
    refused('expires-at-brought-forward', 'unauthentic',
      'A changed expires_at lies in the past, but is not to be believed: this is not expired',
      concat(KNOWN_ENVELOPE.subarray(0, 5), u32(NOW - 1), KNOWN_ENVELOPE.subarray(9))),
    refused('expires-at-prolonged', 'unauthentic', 'An expired envelope is given a longer life',
      concat(KNOWN_ENVELOPE.subarray(0, 5), u32(KNOWN.expiresAt + 10), KNOWN_ENVELOPE.subarray(9)),
      { now: KNOWN.expiresAt + 1 }),
  ]
}

/** The lowest bit that is zero in a byte of the known answer: turning it over makes the number greater. */
function laterBit(offset) {
  return ~KNOWN_ENVELOPE[offset] & (KNOWN_ENVELOPE[offset] + 1)
}

export function lengths() {
  const cut = [
    [0, 'malformed', 'Nothing at all'],
    [1, 'malformed', 'Only the first byte'],
    [5, 'malformed', 'The envelope ends after the key ID'],
    [9, 'malformed', 'The envelope ends after the header'],
    [33, 'malformed', 'The envelope ends after the salt'],
    [65, 'malformed', 'The envelope ends after the commitment'],
    [81, 'malformed', 'One byte less than the shortest envelope'],
    [82, 'unauthentic', 'Cut to the length of the shortest envelope, so that only the tag can tell'],
    [200, 'unauthentic', 'The envelope ends in the middle of its chunk'],
    [321, 'unauthentic', 'The envelope ends before its tag'],
    [329, 'unauthentic', 'The envelope ends inside its tag'],
    [336, 'unauthentic', 'One byte is missing at the end'],
  ].map(([length, expect, reason]) => refused(`cut-to-${length}`, expect, reason, KNOWN_ENVELOPE.subarray(0, length)))

  return [
    ...cut,
    refused('one-byte-more', 'unauthentic', 'One zero byte is added at the end',
      concat(KNOWN_ENVELOPE, Buffer.of(0x00))),
  ]
}

export function bitFlips() {
  return [
    [9, 0x01, 'salt-first', 'the first byte of the salt'],
    [20, 0x80, 'salt-version-end', 'the last salt byte that the version covers'],
    [32, 0x01, 'salt-last', 'the last byte of the salt'],
    [33, 0x80, 'commitment-first', 'the first byte of the commitment, with all chunks intact'],
    [64, 0x01, 'commitment-last', 'the last byte of the commitment, with all chunks intact'],
    [65, 0x01, 'chunk-first', 'the first byte of the ciphertext'],
    [92, 0x80, 'chunk-marker', 'the ciphertext of the padding marker 0x80'],
    [200, 0x10, 'chunk-zeros', 'the ciphertext of the padding zeros'],
    [321, 0x01, 'tag-first', 'the first byte of the tag'],
    [336, 0x80, 'tag-last', 'the last byte of the tag'],
  ].map(([offset, mask, name, what]) => refused(`flip-${name}`, 'unauthentic', `A bit is flipped in ${what}`,
    flip(KNOWN_ENVELOPE, offset, mask)))
}
