/** Texts of IDs and keyrings, and Padmé lengths. */

import { keyId, lookupText, rootText } from '../../format/keys.mjs'
import { decodeText, encodeText } from '../../format/notation.mjs'
import { padme } from '../../format/padding.mjs'
import { loose, replaceAt } from '../alterations.mjs'
import {
  FOREIGN_ID, LOOKUP, OTHER_LOOKUP, OTHER_ROOT, OTHER_TWIN_ROOT, ROOT, SESSION_ID, THIRD_ROOT, TWIN_ROOT,
} from '../inputs.mjs'

const SESSION_TEXT = encodeText(SESSION_ID)

export function sessionIds() {
  const id = (name, expect, reason, text) => ({
    name,
    reason,
    expect,
    text,
    ...(expect === 'valid' ? { session_id: decodeText(text)?.toString('hex') } : {}),
  })
  return [
    id('canonical', 'valid', '43 characters, trailing bits zero', SESSION_TEXT),
    id('all-zero-bytes', 'valid', 'Equal bytes are fine in a session ID', encodeText(Buffer.alloc(32))),
    id('all-one-bits', 'valid', 'The highest value: its last character is 8', encodeText(Buffer.alloc(32, 0xff))),
    id('empty', 'malformed', 'Nothing at all', ''),
    id('too-short', 'malformed', '42 characters', SESSION_TEXT.slice(0, 42)),
    id('too-long', 'malformed', '44 characters', `${SESSION_TEXT}A`),
    id('trailing-bit-low', 'malformed', 'The lower of the two trailing bits is set', loose(SESSION_TEXT)),
    id('trailing-bit-high', 'malformed', 'The higher of the two trailing bits is set', loose(loose(SESSION_TEXT))),
    id('padded', 'malformed', "Padding with '='", `${SESSION_TEXT}=`),
    id('plus', 'malformed', "'+' is not base64url", replaceAt(SESSION_TEXT, 5, '+')),
    id('slash', 'malformed', "'/' is not base64url", replaceAt(SESSION_TEXT, 5, '/')),
    id('space-instead', 'malformed', 'A space within 43 characters', replaceAt(SESSION_TEXT, 5, ' ')),
    id('space-before', 'malformed', 'A space before', ` ${SESSION_TEXT}`),
    id('newline-after', 'malformed', 'A newline after', `${SESSION_TEXT}\n`),
    id('nul-after', 'malformed', 'A zero byte after', `${SESSION_TEXT}\0`),
    id('non-ascii', 'malformed', 'A letter that is not ASCII, within 43 characters', replaceAt(SESSION_TEXT, 5, 'é')),
    id('hexadecimal', 'malformed', '32 bytes in hexadecimal', SESSION_ID.toString('hex')),
    id('foreign', 'malformed', 'A foreign ID is not the text of a session ID', FOREIGN_ID),
  ]
}

export function foreignIds() {
  const id = (name, expect, reason, text) => ({ name, reason, expect, text })
  const characters = (length) => '0123456789abcdef'.repeat(9).slice(0, length)
  return [
    id('uuid', 'valid', 'A UUID', FOREIGN_ID),
    id('express', 'valid', 'An express sid: 32 base64url characters', SESSION_TEXT.slice(0, 32)),
    id('shortest', 'valid', '16 characters', characters(16)),
    id('too-short', 'malformed', '15 characters', characters(15)),
    id('longest', 'valid', '128 characters', characters(128)),
    id('too-long', 'malformed', '129 characters', characters(129)),
    id('empty', 'malformed', 'Nothing at all', ''),
    id('lowest-character', 'valid', "'!', the first visible character", '!'.repeat(16)),
    id('highest-character', 'valid', "'~', the last visible character", '~'.repeat(16)),
    id('space', 'malformed', 'A space is not visible', replaceAt(FOREIGN_ID, 5, ' ')),
    id('tab', 'malformed', 'A tab is not visible', replaceAt(FOREIGN_ID, 5, '\t')),
    id('delete', 'malformed', 'DEL is not visible', replaceAt(FOREIGN_ID, 5, '\x7f')),
    id('newline-after', 'malformed', 'A newline after', `${FOREIGN_ID}\n`),
    id('nul', 'malformed', 'A zero byte', replaceAt(FOREIGN_ID, 5, '\0')),
    id('non-ascii', 'malformed', 'A letter that is not ASCII', replaceAt(FOREIGN_ID, 5, 'é')),
    id('session-id', 'native', '43 base64url characters that are a session ID', SESSION_TEXT),
    id('session-id-loose', 'malformed', '43 base64url characters with a trailing bit set are neither',
      loose(SESSION_TEXT)),
    id('session-id-with-dot', 'valid', '43 characters, one of which base64url does not have',
      replaceAt(SESSION_TEXT, 5, '.')),
    id('base64url-42', 'valid', '42 base64url characters are no session ID', SESSION_TEXT.slice(0, 42)),
    id('base64url-44', 'valid', '44 base64url characters are no session ID', `${SESSION_TEXT}A`),
  ]
}

export function keyringTexts() {
  const root = rootText(ROOT)
  const other = rootText(OTHER_ROOT)
  const third = rootText(THIRD_ROOT)
  const lookup = lookupText(LOOKUP)
  const ring = (name, expect, reason, keyring, keyIds, hasLookup) => ({
    name,
    reason,
    expect,
    keyring,
    ...(expect === 'valid' ? { key_ids: keyIds, has_lookup: hasLookup } : {}),
  })
  const valid = (name, reason, keyring, roots, hasLookup) =>
    ring(name, 'valid', reason, keyring, roots.map((key) => keyId(key).toString('hex')), hasLookup)
  const refuse = (name, reason, keyring) => ring(name, 'refused', reason, keyring)

  return [
    valid('one-root-key', 'One root key alone', root, [ROOT], false),
    valid('lookup-and-root-key', 'A lookup key and a root key', `${lookup},${root}`, [ROOT], true),
    valid('rotation', 'The order of root keys is kept: the first seals',
      `${lookup},${other},${root}`, [OTHER_ROOT, ROOT], true),
    valid('rotation-without-lookup-key', 'Three root keys alone', `${third},${root},${other}`,
      [THIRD_ROOT, ROOT, OTHER_ROOT], false),
    valid('lookup-key-last', 'The place of the lookup key does not matter', `${root},${lookup}`, [ROOT], true),

    refuse('empty', 'Nothing at all', ''),
    refuse('lookup-key-only', 'A lookup key but no root key', lookup),
    refuse('two-lookup-keys', 'Two lookup keys', `${lookup},${lookupText(OTHER_LOOKUP)},${root}`),
    refuse('lookup-key-twice', 'The same lookup key twice', `${lookup},${lookup},${root}`),
    refuse('root-key-twice', 'The same root key twice', `${root},${other},${root}`),
    refuse('equal-key-ids', 'Two root keys of one key ID', `${rootText(TWIN_ROOT)},${rootText(OTHER_TWIN_ROOT)}`),
    refuse('root-key-of-zeros', 'A root key of zeros', rootText(Buffer.alloc(32))),
    refuse('root-key-of-equal-bytes', 'A root key of equal bytes', rootText(Buffer.alloc(32, 0x61))),
    refuse('second-root-key-of-equal-bytes', 'A root key of equal bytes behind a good one',
      `${root},${rootText(Buffer.alloc(32, 0xff))}`),
    refuse('lookup-key-of-equal-bytes', 'A lookup key of equal bytes', `${lookupText(Buffer.alloc(32))},${root}`),
    refuse('prefix-missing', 'A key without its prefix', encodeText(ROOT)),
    refuse('prefix-unknown', 'A prefix of another kind', root.replace('ssk1_', 'sxk1_')),
    refuse('prefix-version-2', 'A prefix of a later version', root.replace('ssk1_', 'ssk2_')),
    refuse('prefix-upper-case', 'A prefix in capitals', root.replace('ssk1_', 'SSK1_')),
    refuse('prefix-hyphen', 'A hyphen for the underscore', root.replace('ssk1_', 'ssk1-')),
    refuse('prefix-only', 'A prefix without a key', 'ssk1_'),
    refuse('key-too-short', '42 characters behind the prefix', root.slice(0, -1)),
    refuse('key-too-long', '44 characters behind the prefix', `${root}A`),
    refuse('key-padded', "Padding with '='", `${root}=`),
    refuse('key-loose', 'A trailing bit is set', loose(root)),
    refuse('key-plus', "'+' is not base64url", replaceAt(root, 20, '+')),
    refuse('key-hexadecimal', 'A key in hexadecimal', `ssk1_${ROOT.toString('hex')}`),
    refuse('comma-before', 'A comma before the first key', `,${root}`),
    refuse('comma-after', 'A comma after the last key', `${root},`),
    refuse('comma-twice', 'Nothing between two commas', `${root},,${other}`),
    refuse('semicolon', 'Keys are not separated by semicolons', `${root};${other}`),
    refuse('space-before', 'A space before the first key', ` ${root}`),
    refuse('space-after-comma', 'A space after the comma', `${root}, ${other}`),
    refuse('space-before-comma', 'A space before the comma', `${root} ,${other}`),
    refuse('newline-after', 'A newline after the last key', `${root}\n`),
    refuse('newline-between', 'A newline between two keys', `${root}\n${other}`),
  ]
}

export function padmeVectors() {
  const small = Array.from({ length: 40 }, (_, index) => index + 1)
  const large = [255, 256, 257, 258, 1000, 1024, 1025, 4096, 16_383, 16_384, 16_385, 40_000, 262_144, 1_048_576]
  return [...small, ...large].map((n) => ({ n, padme: padme(n) }))
}
