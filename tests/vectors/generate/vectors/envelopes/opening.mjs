/** The steps of opening that come last, their order, and the text form. */

import { seal, sealPadded } from '../../format/envelope.mjs'
import { concat, encodeText, hex, utf8 } from '../../format/notation.mjs'
import { flip, loose, repeat, replaceAt, startWith } from '../alterations.mjs'
import { KNOWN, KNOWN_ENVELOPE, OTHER_ROOT, saltFor, SESSION_ID } from '../inputs.mjs'
import { opens, refused } from './form.mjs'

export function expiry() {
  const at = (name, expiresAt) => seal({ ...KNOWN, expiresAt, salt: saltFor(name) })
  return [
    opens('one-second-left', 'One second before expires_at', { now: KNOWN.expiresAt - 1 }),
    refused('expired-this-second', 'expired', 'now is expires_at exactly', KNOWN_ENVELOPE, { now: KNOWN.expiresAt }),
    refused('expired-long-ago', 'expired', 'now is long after expires_at', KNOWN_ENVELOPE, { now: 4_000_000_000 }),
    opens('expires-at-greatest', 'The latest time that fits', { expiresAt: 0xffff_ffff, now: 0xffff_fffe }),
    refused('expires-at-greatest-reached', 'expired', 'The latest time that fits is a time like any other, not "never"',
      at('greatest', 0xffff_ffff), { now: 0xffff_ffff }),
    opens('expires-at-above-i32', 'expires_at is unsigned', { expiresAt: 0x8000_0000, now: 0x7fff_ffff }),
    opens('expires-at-1', 'The earliest time that a sealer accepts', { expiresAt: 1, now: 0 }),
    refused('expires-at-0', 'expired', 'Zero under a valid seal is a time like any other, not "never"', at('zero', 0),
      { now: 0 }),
  ]
}

/** Two faults each, of neighbouring steps: the earlier step decides. */
export function order() {
  const foreign = seal({ ...KNOWN, root: OTHER_ROOT, salt: saltFor('foreign') })
  const late = { now: KNOWN.expiresAt }
  const zeros = sealPadded({ ...KNOWN, salt: saltFor('late zeros') }, Buffer.alloc(256))
  return [
    refused('order-short-before-unknown-key', 'malformed', 'Too short and of an unknown key: the length comes first',
      foreign.subarray(0, 81)),
    refused('order-first-byte-before-unknown-key', 'malformed',
      'A wrong first byte and an unknown key: the first byte comes first', startWith(0xf6, foreign)),
    refused('order-unknown-key-before-seal', 'unknown_key', 'An unknown key and a broken tag: the key comes first',
      flip(foreign, -1)),
    refused('order-unknown-key-before-expiry', 'unknown_key', 'An unknown key and expired: the key comes first',
      foreign, late),
    refused('order-seal-before-expiry', 'unauthentic', 'Expired and changed: the seal comes first',
      flip(KNOWN_ENVELOPE, -1), late),
    refused('order-scope-before-expiry', 'unauthentic', 'Expired and of another session: the seal comes first',
      KNOWN_ENVELOPE, { ...late, subject: flip(SESSION_ID, 31) }),
    refused('order-expiry-before-padding', 'expired', 'Expired and badly padded: expiry comes first', zeros, late),
  ]
}

export function padding() {
  const badly = (name, padded) => sealPadded({ ...KNOWN, salt: saltFor(name) }, padded)
  const within = (payload) => ({ payload, floor: 0 })
  const marked = concat(KNOWN.payload, Buffer.of(0x80))
  const foreignEnd = concat(marked, Buffer.of(0x01), Buffer.alloc(40))
  return [
    opens('payload-empty', 'An empty payload', { payload: Buffer.alloc(0) }),
    opens('payload-one-byte', 'One byte without a floor', within(Buffer.of(0x61))),
    opens('payload-one-zero', 'A zero byte of the payload is no padding', within(Buffer.of(0x00))),
    opens('payload-one-marker', 'A payload of 0x80 alone', within(Buffer.of(0x80))),
    opens('payload-marker-inside', '0x80 inside the payload is no padding', within(hex('618062'))),
    opens('payload-marker-and-zeros', 'A payload that ends as padding does: only one 0x80 is stripped',
      within(hex('618000008000'))),
    opens('payload-binary', 'A payload is bytes, not text', within(hex('fff5c080fe00ff'))),
    opens('padding-by-padme', 'Without a floor Padmé decides: 201 bytes become 208', within(repeat(200))),
    opens('padding-above-floor', 'Where Padmé gives more than the floor, Padmé decides: 300 bytes become 304',
      { payload: repeat(299), floor: 256 }),
    opens('padding-of-no-zeros', 'The floor is met exactly by payload and marker',
      { payload: repeat(255), floor: 256 }),
    opens('padding-more-than-padme', 'More zeros than Padmé gives are fine', { payload: Buffer.of(0x61), floor: 300 }),
    opens('padding-less-than-padme', 'Fewer zeros than Padmé gives are fine',
      { payload: repeat(200), padded: concat(repeat(200), hex('8000')) }),
    refused('padding-nothing', 'malformed', 'An empty padded message, validly sealed, is too short for an envelope',
      badly('nothing', Buffer.alloc(0))),
    refused('padding-all-zeros', 'malformed', 'Only zeros under a valid seal', badly('zeros', Buffer.alloc(256))),
    refused('padding-one-zero', 'malformed', 'A single zero under a valid seal', badly('zero byte', Buffer.alloc(1))),
    refused('padding-missing', 'malformed', 'A payload without any padding under a valid seal',
      badly('missing', KNOWN.payload)),
    refused('padding-wrong-marker', 'malformed', 'The last byte that is not zero is 0x01, though 0x80 stands before it',
      badly('wrong marker', foreignEnd)),
    refused('padding-marker-81', 'malformed', 'The last byte that is not zero is 0x81',
      badly('marker 81', concat(KNOWN.payload, Buffer.of(0x81), Buffer.alloc(20)))),
  ]
}

export function texts() {
  const text = encodeText(KNOWN_ENVELOPE)
  const middle = text.length / 2
  // 83 bytes leave two trailing bits, 84 none; the known answer's 337 leave four.
  const two = encodeText(seal({ ...KNOWN, payload: utf8('a'), floor: 0, salt: saltFor('two trailing bits') }))
  const none = encodeText(seal({ ...KNOWN, payload: utf8('ab'), floor: 0, salt: saltFor('no trailing bits') }))
  const malformed = (name, reason, changed) => refused(name, 'malformed', reason, changed)
  return [
    opens('text', 'Canonical text, with four trailing bits', { text: true }),
    opens('text-two-trailing-bits',
      'Canonical text, with two trailing bits', { text: true, payload: utf8('a'), floor: 0 }),
    opens('text-no-trailing-bits',
      'Canonical text, with no trailing bits', { text: true, payload: utf8('ab'), floor: 0 }),
    malformed('text-empty', 'Empty text', ''),
    malformed('text-padded', "Padding with '='", `${text}==`),
    malformed('text-plus', "'+' where base64url has '-'", text.replace('-', '+')),
    malformed('text-slash', "'/' where base64url has '_'", text.replace('_', '/')),
    malformed('text-trailing-bit-of-four', 'One of four trailing bits is set', loose(text)),
    malformed('text-trailing-bit-of-two', 'One of two trailing bits is set', loose(two)),
    malformed('text-one-character-more', 'A last character that stands for no whole byte', `${none}A`),
    malformed('text-space-before', 'A space before the text', ` ${text}`),
    malformed('text-space-inside', 'A space inside the text', `${text.slice(0, middle)} ${text.slice(middle)}`),
    malformed('text-newline-after', 'A newline after the text', `${text}\n`),
    malformed('text-newline-inside', 'A line break inside the text', `${text.slice(0, 76)}\r\n${text.slice(76)}`),
    malformed('text-other-character', 'A character that base64url does not have',
      `${text.slice(0, middle)}.${text.slice(middle)}`),
    malformed('text-non-ascii', 'A digit that is not ASCII', replaceAt(text, 0, '\uff19')),
    refused('text-of-changed-envelope', 'unauthentic', 'Canonical text of a changed envelope',
      encodeText(flip(KNOWN_ENVELOPE, -1))),
  ]
}
