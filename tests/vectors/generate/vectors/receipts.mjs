/** receipts.json: the list, and its check by computation. */

import { strict as assert } from 'node:assert'

import { pseudonym, receiptKey } from '../format/identifiers.mjs'
import { lookupText, parseKeyring, rootText } from '../format/keys.mjs'
import { concat, decodeText, hex, sha512, utf8 } from '../format/notation.mjs'
import { about, issue, NONCE, receiptText, signed, signedReceipt, verify } from '../format/receipts.mjs'
import { flip, loose, replaceAt } from './alterations.mjs'
import { checkNames, labelled } from './checks.mjs'
import { KNOWN_ERASURE, LOOKUP, OTHER_LOOKUP, OTHER_RING, OTHER_ROOT, RING, ROOT } from './inputs.mjs'

const KNOWN_RECEIPT = issue(KNOWN_ERASURE).receipt
const KNOWN_TEXT = receiptText(KNOWN_RECEIPT)
const KNOWN_USER = KNOWN_ERASURE.userId

export function receiptVectors() {
  return [...issued(), ...ofAnotherUser(), ...unauthentic(), ...malformed()]
}

const issued = () => [
  own('known-answer', 'The known answer of the format', { nonce: KNOWN_ERASURE.nonce }),
  own('same-user-again', 'Another nonce: but for what was done, nothing is as in the first receipt of this user'),
  own('partial', 'There was more to end', { partial: true }),
  own('nothing-ended', 'No session was there: it is complete when it is issued',
    { ended: 0, completeBy: KNOWN_ERASURE.at }),
  own('numbers-least', 'Numbers may be 0', { at: 0, ended: 0, completeBy: 0 }),
  own('numbers-great', 'Times have eight bytes and the count has four', {
    at: Number.MAX_SAFE_INTEGER - 1,
    ended: 0xffff_ffff,
    completeBy: Number.MAX_SAFE_INTEGER,
  }),
  own('user-non-ascii', 'A user ID is the bytes of its UTF-8', { userId: utf8('zoë') }),
  own('other-tenant', 'The same erasure in another tenant', { tenant: 'acme2' }),
  own('other-lookup-key', 'The same erasure under another lookup key', { lookup: OTHER_LOOKUP }, OTHER_RING.keyring),
  own('root-key-rotated', 'Root keys have no part in receipts', { nonce: nonceFor('root-key-rotated') },
    `${lookupText(LOOKUP)},${rootText(OTHER_ROOT)}`),
]

const ofAnotherUser = () => [
  refused('another-user', 'another_user', 'It is about u_1, not about u_2', KNOWN_TEXT, { userId: utf8('u_2') }),
  refused('another-user-by-case', 'another_user', 'User IDs are compared as bytes: case matters', KNOWN_TEXT,
    { userId: utf8('U_1') }),
  refused('about-the-name-in-the-open', 'another_user', 'A pseudonym where the commitment belongs is about nobody',
    receiptText(signedReceipt(key(), signed(KNOWN_ERASURE, pseudonym(LOOKUP, 'acme', KNOWN_USER))))),
  refused('about-under-another-nonce', 'another_user', 'The commitment is of this user, and of another nonce',
    receiptText(signedReceipt(key(), signed(KNOWN_ERASURE, aboutUnder(nonceFor('another')))))),
]

function unauthentic() {
  const changed = [
    [1, 'partial', 'the flags, to partial'],
    [9, 'at', 'the time'],
    [13, 'ended', 'the count'],
    [21, 'complete-by', 'when it is complete'],
    [22, 'nonce', 'the nonce'],
    [38, 'about-first', 'the first byte of the commitment'],
    [69, 'about-last', 'the last byte of the commitment'],
    [70, 'tag-first', 'the first byte of the tag'],
    [133, 'tag-last', 'the last byte of the tag'],
  ].map(([offset, name, what]) => refused(`changed-${name}`, 'unauthentic', `A bit is flipped in ${what}`,
    receiptText(flip(KNOWN_RECEIPT, offset))))

  const other = issue({ ...KNOWN_ERASURE, userId: utf8('u_2'), nonce: nonceFor('exchanged') })
  const exchanged = concat(KNOWN_RECEIPT.subarray(0, 38), other.who, KNOWN_RECEIPT.subarray(70))
  return [
    ...changed,
    refused('about-exchanged', 'unauthentic', 'The commitment is from a receipt of another user',
      receiptText(exchanged), { userId: utf8('u_2') }),
    refused('tag-of-another-receipt', 'unauthentic', 'The tag is from a receipt of another user',
      receiptText(concat(KNOWN_RECEIPT.subarray(0, 70), other.tag))),
    refused('tenant-other', 'unauthentic', 'Another tenant has another receipt key', KNOWN_TEXT, { tenant: 'acme2' }),
    refused('tenant-case', 'unauthentic', 'Tenants are compared as bytes: case matters', KNOWN_TEXT,
      { tenant: 'Acme' }),
    refused('lookup-key-other', 'unauthentic', 'Another lookup key gives another receipt key', KNOWN_TEXT,
      { keyring: OTHER_RING.keyring }),
    refused('lookup-key-missing', 'unauthentic', 'Without a lookup key no receipt is authentic', KNOWN_TEXT,
      { keyring: rootText(ROOT) }),
  ]
}

function malformed() {
  const bad = (name, reason, text) => refused(name, 'malformed', reason, text)
  const made = (changes) => receiptText(signedReceipt(key(), signed({ ...KNOWN_ERASURE, ...changes }, aboutUnder())))
  return [
    bad('format-0', 'Format 0, under the tag that it should have', made({ format: 0x00 })),
    bad('format-2', 'A later format, under the tag that it should have', made({ format: 0x02 })),
    bad('flag-unknown', 'A flag that there is not, under the tag that it should have', made({ flags: 0x02 })),
    bad('flag-unknown-and-partial', 'A flag that there is not beside one that there is', made({ flags: 0x03 })),
    bad('flag-highest', 'The highest flag, under the tag that it should have', made({ flags: 0x80 })),
    bad('order-format-before-tag', 'A later format and a tag that is wrong: the form comes first',
      receiptText(flip(KNOWN_RECEIPT, 0, 0x03))),
    bad('one-byte-less', 'The last byte of the tag is missing', receiptText(KNOWN_RECEIPT.subarray(0, 133))),
    bad('one-byte-more', 'A zero byte follows the tag', receiptText(concat(KNOWN_RECEIPT, Buffer.of(0x00)))),
    bad('tag-of-32-bytes', 'The tag is cut to half its length', receiptText(KNOWN_RECEIPT.subarray(0, 102))),
    bad('empty', 'Nothing at all', ''),
    bad('prefix-only', 'A prefix without a receipt', 'srt1_'),
    bad('prefix-missing', 'A receipt without its prefix', KNOWN_TEXT.slice(5)),
    bad('prefix-version-2', 'A prefix of a later version', KNOWN_TEXT.replace('srt1_', 'srt2_')),
    bad('prefix-upper-case', 'A prefix in capitals', KNOWN_TEXT.replace('srt1_', 'SRT1_')),
    bad('text-loose', 'A trailing bit is set', loose(KNOWN_TEXT)),
    bad('text-padded', "Padding with '='", `${KNOWN_TEXT}=`),
    bad('text-plus', "'+' is not base64url", replaceAt(KNOWN_TEXT, 30, '+')),
    bad('text-space-before', 'A space before the text', ` ${KNOWN_TEXT}`),
    bad('text-newline-after', 'A newline after the text', `${KNOWN_TEXT}\n`),
    bad('text-line-break-inside', 'A line break inside the text',
      `${KNOWN_TEXT.slice(0, 76)}\r\n${KNOWN_TEXT.slice(76)}`),
  ]
}

/** A receipt that was issued; `changes` says where the erasure departs from the known answer. */
function own(name, reason, changes = {}, keyring = RING.keyring) {
  const erasure = { ...KNOWN_ERASURE, nonce: nonceFor(name), ...changes }
  const { key, name: pseudonym, who, tag, receipt } = issue(erasure)
  return {
    name,
    reason,
    expect: 'own',
    keyring,
    tenant: erasure.tenant,
    user_id: erasure.userId.toString('hex'),
    at: erasure.at,
    ended: erasure.ended,
    complete_by: erasure.completeBy,
    partial: erasure.partial,
    nonce: erasure.nonce.toString('hex'),
    receipt_key: key.toString('hex'),
    pseudonym: pseudonym.toString('hex'),
    about: who.toString('hex'),
    tag: tag.toString('hex'),
    receipt: receiptText(receipt),
  }
}

/** A receipt that is not, or not about this user; `verifying` says where that departs from the known answer. */
function refused(name, expect, reason, receipt, verifying = {}) {
  const { keyring, tenant, userId } = { keyring: RING.keyring, ...KNOWN_ERASURE, ...verifying }
  return { name, reason, expect, keyring, tenant, user_id: userId.toString('hex'), receipt }
}

/** A nonce for the vector of this name. */
const nonceFor = (name) => sha512(utf8(`sealed-session vectors: nonce of ${name}`)).subarray(0, NONCE)

const key = () => receiptKey(LOOKUP, KNOWN_ERASURE.tenant)
const aboutUnder = (nonce = KNOWN_ERASURE.nonce) => about(key(), nonce, pseudonym(LOOKUP, 'acme', KNOWN_USER))

/** What the receipts promise as a set. */
export function checkReceipts(vectors) {
  checkNames(vectors)
  for (const vector of vectors) labelled(vector, checkReceipt)

  // Two receipts of one user have nothing in common but what was done: not a byte range that somebody could follow.
  const parts = vectors.filter((vector) => vector.tag).flatMap(({ nonce, about, tag }) => [nonce, about, tag])
  assert.equal(new Set(parts).size, parts.length, 'No nonce, commitment or tag occurs twice')
}

/** Reads a vector as another implementation would, from its fields alone, and holds it to its `expect`. */
function checkReceipt(vector) {
  const keyring = parseKeyring(vector.keyring)
  assert.ok(keyring, 'The keyring is valid')
  const verified = verify({ keyring, tenant: vector.tenant, userId: hex(vector.user_id) }, vector.receipt)
  assert.equal(verified.outcome, vector.expect)
  if (vector.expect !== 'own') return

  const { at, ended, complete_by: completeBy, partial, nonce } = vector
  assert.deepEqual(verified, { outcome: 'own', at, ended, completeBy, partial, nonce: hex(nonce) })
  const bytes = decodeText(vector.receipt.slice('srt1_'.length))
  assert.equal(bytes.toString('hex', 38), vector.about + vector.tag)
}
