/**
 * Test vectors of the sealed-session format, and a second implementation of it.
 *
 *     node tests/vectors/generate.mjs            writes envelope.json and ids.json beside this file
 *     node tests/vectors/generate.mjs --check    exits 1 if a committed file is not what this program computes
 *
 * It follows docs/FORMAT.md step by step on `node:crypto` alone and shares nothing with the Rust kernel, so that an error
 * in one of the two shows as a difference. Nothing is random: salts and spare keys are SHA-512 of texts in this file, and
 * the only search counts up from zero. Every vector states its outcome by hand; the opener in this file, which reads the
 * vector as another implementation would, must come to the same outcome, or nothing is written.
 *
 * The keys here are published and the sealer takes its salt from the caller: for tests only.
 */

import { strict as assert } from 'node:assert'
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

// ---------------------------------------------------------------------------------------------------------------------
// Notation and Derive

const concat = (...parts) => Buffer.concat(parts)
const hex = (text) => Buffer.from(text, 'hex')
const utf8 = (text) => Buffer.from(text, 'utf8')
const sha512 = (bytes) => createHash('sha512').update(bytes).digest()

/** u32(x): 4 bytes big-endian. */
function u32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** lp(x): a 2-byte big-endian length followed by x. Throws where the length does not fit. */
function lp(bytes) {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return concat(length, bytes)
}

const encodeText = (bytes) => bytes.toString('base64url')

/** The bytes of canonical unpadded base64url, else null. Node's decoder is lax; encoding again makes this strict. */
function decodeText(text) {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}

/** HKDF-Expand with SHA-512 (RFC 5869, 2.3). `node:crypto` offers Extract and Expand only as one. */
function expand(prk, info, length) {
  let output = Buffer.alloc(0)
  let block = Buffer.alloc(0)
  for (let number = 1; output.length < length; number += 1) {
    block = createHmac('sha512', prk).update(block).update(info).update(Buffer.of(number)).digest()
    output = concat(output, block)
  }
  return output.subarray(0, length)
}

/** Derive(key, label, part1, part2, …) */
function derive(key, label, ...parts) {
  return expand(key, concat(utf8(`sealed-session/v1/${label}`), Buffer.of(0x00), ...parts.map(lp)), 32)
}

// ---------------------------------------------------------------------------------------------------------------------
// Keys

const keyId = (root) => derive(root, 'key id').subarray(0, 4)
const scopeKey = (root, tenant, purpose) => derive(root, 'scope', utf8(tenant), utf8(purpose))
const inputKey = (scope, subject) => derive(scope, 'subject', subject)

const rootText = (key) => `ssk1_${encodeText(key)}`
const lookupText = (key) => `slk1_${encodeText(key)}`

/** The keyring that a text stands for: `{ lookup, roots: [{ id, key }] }`, or null where it is refused. */
function parseKeyring(text) {
  const lookups = []
  const roots = []
  for (const item of text.split(',')) {
    const key = decodeText(item.slice(5))
    if (key?.length !== 32 || key.every((byte) => byte === key[0])) return null
    if (item.startsWith('ssk1_')) roots.push({ id: keyId(key), key })
    else if (item.startsWith('slk1_')) lookups.push(key)
    else return null
  }
  if (roots.length === 0 || lookups.length > 1) return null
  if (new Set(roots.map((root) => root.id.toString('hex'))).size < roots.length) return null
  return { lookup: lookups[0], roots }
}

// ---------------------------------------------------------------------------------------------------------------------
// Padding

/** Padmé(1) = 1; for n ≥ 2: e = ⌊log2 n⌋, s = ⌊log2 e⌋ + 1, n rounded up to a multiple of 2^(e−s). */
function padme(n) {
  if (n === 1) return 1
  const e = 31 - Math.clz32(n)
  const s = 31 - Math.clz32(e) + 1
  const multiple = 2 ** (e - s)
  return Math.ceil(n / multiple) * multiple
}

/** payload || 0x80 || zeros */
function pad(payload, floor) {
  const padded = Buffer.alloc(Math.max(floor, padme(payload.length + 1)))
  payload.copy(padded)
  padded[payload.length] = 0x80
  return padded
}

/** The payload, or null where no 0x80 is left once the zeros are gone. */
function unpad(padded) {
  let end = padded.length
  while (end > 0 && padded[end - 1] === 0x00) end -= 1
  return padded[end - 1] === 0x80 ? padded.subarray(0, end - 1) : null
}

// ---------------------------------------------------------------------------------------------------------------------
// Cobblestone-256: C2SP chunked-encryption with SHA-512 and AES-256-GCM

const CHUNK = 16_384
const TAG = 16
const SALT = 24
const COMMITMENT = 32

/** key (32) || base nonce (12) || commitment (32) */
function messageKeys(key, salt, context) {
  const info = concat(utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM'), Buffer.of(0x00), salt, context)
  const okm = expand(key, info, 76)
  return { chunkKey: okm.subarray(0, 32), baseNonce: okm.subarray(32, 44), commitment: okm.subarray(44) }
}

/** The base nonce XOR the chunk number as a big-endian integer of its width; four of its bytes are ample here. */
function chunkNonce(baseNonce, number) {
  const nonce = Buffer.from(baseNonce)
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ number) >>> 0, 8)
  return nonce
}

function sealChunk({ chunkKey, baseNonce }, number, plaintext) {
  const cipher = createCipheriv('aes-256-gcm', chunkKey, chunkNonce(baseNonce, number), { authTagLength: TAG })
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

/** The plaintext of a chunk, or null. */
function openChunk({ chunkKey, baseNonce }, number, chunk) {
  if (chunk.length < TAG) return null
  const decipher = createDecipheriv('aes-256-gcm', chunkKey, chunkNonce(baseNonce, number), { authTagLength: TAG })
  decipher.setAuthTag(chunk.subarray(-TAG))
  const plaintext = decipher.update(chunk.subarray(0, -TAG))
  try {
    return concat(plaintext, decipher.final())
  } catch {
    return null
  }
}

/** Chunks of 16 KiB; the last is always shorter, and empty where the message ends on a boundary. */
function sealChunks(keys, message) {
  const chunks = []
  for (let start = 0; start <= message.length; start += CHUNK) {
    chunks.push(sealChunk(keys, chunks.length, message.subarray(start, start + CHUNK)))
  }
  return chunks
}

/** The message, or null for any failure at all. */
function openCobblestone(key, context, sealed) {
  const salt = sealed.subarray(0, SALT)
  const commitment = sealed.subarray(SALT, SALT + COMMITMENT)
  const chunks = sealed.subarray(SALT + COMMITMENT)
  const keys = messageKeys(key, salt, context)
  if (!timingSafeEqual(commitment, keys.commitment)) return null

  const message = []
  for (let number = 0; ; number += 1) {
    const start = number * (CHUNK + TAG)
    const chunk = chunks.subarray(start, start + CHUNK + TAG)
    const plaintext = openChunk(keys, number, chunk)
    if (plaintext === null) return null
    message.push(plaintext)
    // A short chunk can only be the last: `subarray` cuts it short where the message ends, and nowhere else.
    if (plaintext.length < CHUNK) return concat(...message)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Envelope

const FORMAT_V1 = 0xf5
const HEADER = 9
const SHORTEST = HEADER + SALT + COMMITMENT + 1 + TAG

/** All that is derived on the way to an envelope. */
function schedule({ root, tenant, purpose, subject, expiresAt, salt }) {
  const id = keyId(root)
  const scope = scopeKey(root, tenant, purpose)
  const input = inputKey(scope, subject)
  const header = concat(Buffer.of(FORMAT_V1), id, u32(expiresAt))
  return { id, scope, input, header, ...messageKeys(input, salt, header) }
}

/** An envelope of chunks that the caller made, rightly or wrongly. */
function assemble(sealing, keys, chunks) {
  return concat(keys.header, sealing.salt, keys.commitment, ...chunks)
}

/** Seals a message that is padded already, well or badly. */
function sealPadded(sealing, padded) {
  const keys = schedule(sealing)
  return assemble(sealing, keys, sealChunks(keys, padded))
}

const seal = (sealing) => sealPadded(sealing, pad(sealing.payload, sealing.floor))

/** Opens in the order that FORMAT.md fixes; each step has its own outcome. */
function open({ keyring, tenant, purpose, subject, now }, envelope) {
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
function openText(opening, text) {
  const envelope = decodeText(text)
  return envelope === null ? { outcome: 'malformed' } : open(opening, envelope)
}

/** The version of an envelope: its first 12 salt bytes as text. */
const version = (envelope) => encodeText(envelope.subarray(HEADER, HEADER + 12))

// ---------------------------------------------------------------------------------------------------------------------
// Identifiers

function handle(sessionId, tenant) {
  const bytes = derive(sessionId, 'handle', utf8(tenant))
  bytes[0] = sessionId[0]
  return bytes
}

const logId = (handleBytes, tenant) => derive(handleBytes, 'log id', utf8(tenant)).subarray(0, 9)
const csrf = (sessionId, tenant) => derive(sessionId, 'csrf', utf8(tenant))
const pseudonym = (lookup, tenant, userId) => derive(lookup, 'user', utf8(tenant), userId)
const foreignSessionId = (lookup, tenant, text) => derive(lookup, 'foreign id', utf8(tenant), utf8(text))
const receiptKey = (lookup, tenant) => derive(lookup, 'receipt', utf8(tenant))

const classOfSessionId = (text) => (decodeText(text)?.length === 32 ? 'valid' : 'malformed')

/** 43 base64url characters are a session ID or malformed, never foreign; they are told apart before anything else. */
function classOfForeignId(text) {
  if (/^[A-Za-z0-9_-]{43}$/.test(text)) return classOfSessionId(text) === 'valid' ? 'native' : 'malformed'
  return /^[\x21-\x7e]{16,128}$/.test(text) ? 'valid' : 'malformed'
}

// ---------------------------------------------------------------------------------------------------------------------
// Fixed inputs

/** `length` bytes counting up from `first`. */
const run = (first, length) => Buffer.from(Array.from({ length }, (_, index) => first + index))

const ROOT = run(0x00, 32)
const OTHER_ROOT = run(0x20, 32)
const THIRD_ROOT = run(0xa0, 32)
const LOOKUP = run(0x60, 32)
const OTHER_LOOKUP = run(0xc0, 32)
const SESSION_ID = run(0x40, 32)
const FOREIGN_ID = '5e551000-0000-4000-8000-000000000001'
const NOW = 1_900_000_000

/** What FORMAT's known answer is sealed from; every vector departs from it in one thing. */
const KNOWN = {
  root: ROOT,
  tenant: 'acme',
  purpose: 'session',
  subject: SESSION_ID,
  expiresAt: 2_000_000_000,
  salt: run(0x80, SALT),
  payload: utf8('{"uid":"u_1","role":"user"}'),
  floor: 256,
}
const KNOWN_ENVELOPE = seal(KNOWN)

/** A salt for the vector of this name: never twice for two messages, though nothing here is secret. */
const saltFor = (name) => sha512(utf8(`sealed-session vectors: salt of ${name}`)).subarray(0, SALT)

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
const [TWIN_ROOT, OTHER_TWIN_ROOT] = collidingRoots()

/** FORMAT's "Known answers", and what else can be had from elsewhere. Everything below rests on these. */
function assertKnownAnswers() {
  const keys = schedule(KNOWN)
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

// ---------------------------------------------------------------------------------------------------------------------
// Envelope vectors: how one is written down

/**
 * A vector that opens. `changes` says where the sealing departs from the known answer, and further
 *
 * - `keyring`, `now`: what it is opened with;
 * - `padded`: a padded message that no sealer makes; then there is no `floor`;
 * - `rotated`: that the key is not the ring's first, so that sealing gives another envelope; no `floor` either;
 * - `text`: that the envelope is given as text.
 */
function opens(name, reason, changes = {}) {
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
function refused(name, expect, reason, envelope, opening = {}) {
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

/** `bytes` with the bits of `mask` turned over at `offset`; a negative offset counts from the end. */
function flip(bytes, offset, mask = 0x01) {
  const copy = Buffer.from(bytes)
  copy[offset < 0 ? copy.length + offset : offset] ^= mask
  return copy
}

/** `bytes` with another first byte. */
const startWith = (first, bytes) => concat(Buffer.of(first), bytes.subarray(1))

/** `text` with the character at `index` replaced; a negative index counts from the end. */
const replaceAt = (text, index, character) => {
  const at = index < 0 ? text.length + index : index
  return text.slice(0, at) + character + text.slice(at + 1)
}

/** `text` with its last character one higher in value: the lowest trailing bit is set where they were zero. */
function loose(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return replaceAt(text, -1, alphabet[alphabet.indexOf(text.at(-1)) + 1])
}

// ---------------------------------------------------------------------------------------------------------------------
// Envelope vectors: the table

function envelopeVectors() {
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

const known = () => [
  opens('known-answer', 'The known answer of the format', { salt: KNOWN.salt }),
]

function headers() {
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

function lengths() {
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

function bitFlips() {
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

const repeat = (length) => Buffer.alloc(length, 0x61)

function chunkBoundaries() {
  const empty = Buffer.alloc(0)
  return [
    opens('padded-1', 'The shortest envelope: the padded message is one byte', { payload: empty, floor: 1 }),
    opens('padded-16383', 'One byte less than a chunk: one chunk', { floor: 16_383 }),
    opens('padded-16384', 'Exactly a chunk: a full chunk and an empty one', { floor: 16_384 }),
    opens('padded-16385', 'One byte more than a chunk: a full chunk and one of a byte', { floor: 16_385 }),
    opens('padded-32768', 'Exactly two chunks: two full chunks and an empty one', { floor: 32_768 }),
    opens('padded-40000', 'Three chunks, none of them empty', { floor: 40_000 }),
    opens('payload-16383', 'The padding marker is the last byte of a full chunk',
      { payload: repeat(16_383), floor: 256 }),
    opens('payload-16384', 'The padding marker is the first byte of the second chunk',
      { payload: repeat(16_384), floor: 256 }),
    opens('payload-40000', 'The payload itself spans three chunks and is padded by Padmé',
      { payload: repeat(40_000), floor: 0 }),
  ]
}

/** What can be done with whole chunks. Where new ones are needed they are sealed with the message's own key. */
function chunkAttacks() {
  const takeApart = (changes) => {
    const sealing = { ...KNOWN, ...changes }
    const keys = schedule(sealing)
    const chunks = sealChunks(keys, pad(sealing.payload, sealing.floor))
    return { keys, chunks, make: (...others) => assemble(sealing, keys, others) }
  }
  // The very envelopes that open under these names.
  const long = (floor) => takeApart({ floor, salt: saltFor(`padded-${floor}`) })
  const moveTag = (chunk) => concat(chunk.subarray(-TAG), chunk.subarray(0, -TAG))
  const giveTag = (chunk, other) => concat(chunk.subarray(0, -TAG), other.subarray(-TAG))

  const one = takeApart({})
  const neighbour = takeApart({ salt: saltFor('neighbour') })
  const full = long(16_384)
  const two = long(16_385)
  const three = long(32_768)
  const [a, b, c] = three.chunks
  const unsplit = sealChunk(two.keys, 0, pad(KNOWN.payload, 16_385))
  const emptyChunk = Buffer.alloc(0)

  return [
    refused('chunks-swapped', 'unauthentic', 'The two full chunks have changed places', three.make(b, a, c)),
    refused('chunk-dropped-first', 'unauthentic', 'The first chunk is missing', three.make(b, c)),
    refused('chunk-dropped-middle', 'unauthentic', 'The middle chunk is missing', three.make(a, c)),
    refused('chunk-dropped-last', 'unauthentic', 'The empty last chunk is missing: the message ends in a full chunk',
      full.make(full.chunks[0])),
    refused('chunk-repeated', 'unauthentic', 'The first chunk occurs twice', two.make(two.chunks[0], ...two.chunks)),
    refused('chunk-of-another-envelope', 'unauthentic', 'The chunk is from an envelope of the same scope and subject',
      one.make(...neighbour.chunks)),
    refused('chunk-added-empty', 'unauthentic', 'An empty chunk, validly sealed as the next, follows the last',
      one.make(...one.chunks, sealChunk(one.keys, 1, emptyChunk))),
    refused('chunk-added-second-empty', 'unauthentic',
      'A second empty chunk, validly sealed as the next, follows an empty one',
      full.make(...full.chunks, sealChunk(full.keys, 2, emptyChunk))),
    refused('chunk-added-short', 'unauthentic', 'A short chunk, validly sealed as the next, follows a short chunk',
      one.make(...one.chunks, sealChunk(one.keys, 1, pad(KNOWN.payload, 256)))),
    refused('chunk-too-long', 'unauthentic', 'More than 16 KiB are sealed as a single chunk', two.make(unsplit)),
    refused('chunk-last-inside-tag', 'unauthentic', 'Fewer bytes than a tag follow a full chunk',
      full.make(full.chunks[0], full.chunks[1].subarray(0, 8))),
    refused('chunk-last-changed', 'unauthentic', 'Only the last chunk is changed, after a good one',
      two.make(two.chunks[0], flip(two.chunks[1], 0))),
    refused('chunk-number-one', 'unauthentic', 'The only chunk is sealed as number 1 instead of 0',
      one.make(sealChunk(one.keys, 1, pad(KNOWN.payload, 256)))),
    refused('tag-moved', 'unauthentic', 'The tag stands before the ciphertext', one.make(moveTag(one.chunks[0]))),
    refused('tags-exchanged', 'unauthentic', 'Two chunks have exchanged their tags',
      two.make(giveTag(two.chunks[0], two.chunks[1]), giveTag(two.chunks[1], two.chunks[0]))),
  ]
}

function scopes() {
  const owner = handle(SESSION_ID, 'acme')
  const userSubject = (userId) => concat(lp(utf8(userId)), owner)
  const inScope = (purpose, subject, more = {}) => ({ purpose, subject, floor: 0, ...more })

  const cookie = seal({ ...KNOWN, ...inScope('cookie', utf8('__Host-id')), salt: saltFor('cookie') })
  const stored = seal({ ...KNOWN, ...inScope('store-value', utf8('sess:1')), salt: saltFor('stored') })
  const entry = seal({ ...KNOWN, ...inScope('user-session', userSubject('u_1')), salt: saltFor('entry') })
  const invite = seal({ ...KNOWN, ...inScope('app/invite', utf8('ab')), salt: saltFor('invite') })
  const longTenant = `${'Tenant-0_'.repeat(7)}.`

  return [
    opens('purpose-user-session', 'The subject of an index entry is lp(user ID) || handle',
      inScope('user-session', userSubject('u_1'), { payload: utf8('{"since":1}') })),
    opens('purpose-user-session-non-ascii', 'lp counts the bytes of a user ID, not its characters',
      inScope('user-session', userSubject('zoë'), { payload: utf8('{"since":1}') })),
    opens('purpose-activity', 'The subject of an activity entry is the handle',
      inScope('activity', owner, { payload: utf8('1900000000') })),
    opens('purpose-cookie', "The subject of a stateless cookie is the cookie's name",
      inScope('cookie', utf8('__Host-id'))),
    opens('purpose-store-value', "The subject of a stored value is the store's key",
      inScope('store-value', utf8('sess:1'))),
    opens('purpose-store-value-no-key', 'The subject is empty where the store does not tell the key',
      inScope('store-value', Buffer.alloc(0))),
    opens('purpose-app', 'Applications seal in scopes of their own', inScope('app/invite', utf8('mail@example.org'))),
    opens('tenant-shortest', 'A tenant of one character', { tenant: 'a' }),
    opens('tenant-longest', 'A tenant of 64 characters, of every kind allowed', { tenant: longTenant }),

    refused('wrong-tenant', 'unauthentic', 'Another tenant', KNOWN_ENVELOPE, { tenant: 'acme2' }),
    refused('wrong-tenant-case', 'unauthentic', 'Tenants are compared as bytes: case matters', KNOWN_ENVELOPE,
      { tenant: 'Acme' }),
    refused('wrong-purpose', 'unauthentic', 'Another purpose with the same subject', KNOWN_ENVELOPE,
      { purpose: 'activity' }),
    refused('wrong-purpose-app', 'unauthentic', "An application that calls its purpose 'session' stays out of sessions",
      KNOWN_ENVELOPE, { purpose: 'app/session' }),
    refused('wrong-app-name', 'unauthentic', 'Another name in the scopes of applications', invite,
      { purpose: 'app/invites', subject: utf8('ab') }),
    refused('wrong-session-id', 'unauthentic', 'Another session ID', KNOWN_ENVELOPE, { subject: flip(SESSION_ID, 31) }),
    refused('wrong-placement', 'unauthentic', 'A session ID that differs in its placement only', KNOWN_ENVELOPE,
      { subject: flip(SESSION_ID, 0) }),
    refused('handle-for-session-id', 'unauthentic', 'Whoever has the handle alone cannot read the record',
      KNOWN_ENVELOPE, { subject: owner }),
    refused('wrong-user', 'unauthentic', 'The same session in the index of another user', entry,
      { purpose: 'user-session', subject: userSubject('u_2') }),
    refused('user-without-length', 'unauthentic', 'User ID and handle are joined without lp', entry,
      { purpose: 'user-session', subject: concat(utf8('u_1'), owner) }),
    refused('wrong-cookie-name', 'unauthentic', 'The cookie is replayed under another name', cookie,
      { purpose: 'cookie', subject: utf8('__Host-ix') }),
    refused('subject-longer', 'unauthentic', 'The subject is one byte longer', cookie,
      { purpose: 'cookie', subject: utf8('__Host-id2') }),
    refused('subject-shorter', 'unauthentic', 'The subject is one byte shorter', cookie,
      { purpose: 'cookie', subject: utf8('__Host-i') }),
    refused('subject-with-nul', 'unauthentic', 'The subject is followed by a zero byte', cookie,
      { purpose: 'cookie', subject: utf8('__Host-id\0') }),
    refused('subject-missing', 'unauthentic', 'The value was sealed for a key, and none is given', stored,
      { purpose: 'store-value', subject: Buffer.alloc(0) }),

    // Both scopes would be `acmeuser-session` if tenant and purpose were joined without lp.
    refused('tenant-and-purpose-joined', 'unauthentic', 'lp keeps tenant and purpose apart, whatever a tenant ends in',
      seal({ ...KNOWN, purpose: 'user-session', salt: saltFor('joined') }),
      { tenant: 'acmeuser-', purpose: 'session' }),
  ]
}

function keyrings() {
  const ring = (...items) => items.join(',')
  const twin = seal({ ...KNOWN, root: TWIN_ROOT, salt: saltFor('twin') })
  return [
    opens('ring-second-key', 'The key is second in the ring',
      { keyring: ring(rootText(OTHER_ROOT), rootText(ROOT)), rotated: true }),
    opens('ring-third-key', 'The key is third in the ring, after a lookup key',
      { keyring: ring(lookupText(LOOKUP), rootText(OTHER_ROOT), rootText(THIRD_ROOT), rootText(ROOT)), rotated: true }),
    opens('ring-first-key-seals', 'The first root key of a ring seals',
      { root: OTHER_ROOT, keyring: ring(rootText(OTHER_ROOT), rootText(ROOT)) }),
    opens('ring-with-lookup-key', 'A lookup key makes no difference to an envelope',
      { keyring: ring(lookupText(LOOKUP), rootText(ROOT)) }),
    opens('ring-of-twin', 'The key whose ID another key shares opens its own envelope', { root: TWIN_ROOT }),
    refused('ring-without-key', 'unknown_key', 'The key is not in the ring', KNOWN_ENVELOPE,
      { keyring: ring(rootText(OTHER_ROOT), rootText(THIRD_ROOT)) }),
    refused('ring-key-as-lookup-key', 'unknown_key', 'A lookup key opens nothing', KNOWN_ENVELOPE,
      { keyring: ring(lookupText(ROOT), rootText(OTHER_ROOT)) }),
    refused('ring-with-twin-only', 'unauthentic', 'Another key of the same key ID', twin,
      { keyring: rootText(OTHER_TWIN_ROOT) }),
  ]
}

function expiry() {
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
function order() {
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

function padding() {
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

function texts() {
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

// ---------------------------------------------------------------------------------------------------------------------
// Envelope vectors: checked by computation

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
function checkEnvelopes(vectors) {
  checkNames(vectors)
  for (const vector of vectors) labelled(vector, checkEnvelope)

  // A nonce made by addition equals the one made by XOR as long as no bit is carried: some vector has to carry.
  const carries = (vector) => vector.padded_length >= CHUNK && /[13579bdf]$/.test(vector.base_nonce)
  assert.ok(vectors.some(carries), 'Some vector tells XOR from addition')
  // A keyed salt used twice for two messages would be a bad example.
  const salts = vectors.filter((vector) => vector.salt).map((vector) => `${vector.input_key} ${vector.salt}`)
  assert.equal(new Set(salts).size, salts.length, 'No salt occurs twice under one input key')
}

/** One vector, one name, one reason. */
function checkNames(vectors) {
  for (const { name } of vectors) assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
  for (const field of ['name', 'reason']) {
    const values = vectors.map((vector) => vector[field])
    assert.deepEqual(values.filter((value, index) => values.indexOf(value) !== index), [], `No ${field} occurs twice`)
  }
}

/** Runs a check so that its failure names the vector. */
function labelled(vector, check) {
  try {
    check(vector)
  } catch (error) {
    error.message = `${vector.name}: ${error.message}`
    throw error
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Identifier vectors

const RING = { keyring: `${lookupText(LOOKUP)},${rootText(ROOT)}`, lookup: LOOKUP }
const OTHER_RING = { keyring: `${lookupText(OTHER_LOOKUP)},${rootText(ROOT)}`, lookup: OTHER_LOOKUP }

function derivations() {
  const ofSession = (name, reason, tenant, sessionId) => {
    const bytes = handle(sessionId, tenant)
    return {
      name,
      reason,
      kind: 'session',
      tenant,
      session_id: sessionId.toString('hex'),
      handle: encodeText(bytes),
      log_id: encodeText(logId(bytes, tenant)),
      csrf: encodeText(csrf(sessionId, tenant)),
    }
  }
  const named = (kind, name, reason, tenant, ring) => ({
    name,
    reason,
    kind,
    tenant,
    keyring: ring.keyring,
    lookup_key: ring.lookup.toString('hex'),
  })
  const ofUser = (name, reason, tenant, userId, ring = RING) => ({
    ...named('user', name, reason, tenant, ring),
    user_id: utf8(userId).toString('hex'),
    pseudonym: encodeText(pseudonym(ring.lookup, tenant, utf8(userId))),
  })
  const ofForeign = (name, reason, tenant, foreignId, ring = RING) => ({
    ...named('foreign', name, reason, tenant, ring),
    foreign_id: foreignId,
    session_id: foreignSessionId(ring.lookup, tenant, foreignId).toString('hex'),
  })
  const ofReceipt = (name, reason, tenant, ring = RING) => ({
    ...named('receipt', name, reason, tenant, ring),
    receipt_key: receiptKey(ring.lookup, tenant).toString('hex'),
  })

  return [
    ofSession('session', 'The known answer of the format', 'acme', SESSION_ID),
    ofSession('session-other-tenant', 'Another tenant has other names for the same session ID', 'acme2', SESSION_ID),
    ofSession('session-other-id', 'Another session ID of the same placement', 'acme', flip(SESSION_ID, 31)),
    ofSession('session-other-placement', 'The placement is part of the session ID: all other bytes change too',
      'acme', flip(SESSION_ID, 0)),
    ofSession('session-placement-0', 'Placement 0', 'acme', startWith(0x00, SESSION_ID)),
    ofSession('session-placement-255', 'Placement 255', 'acme', startWith(0xff, SESSION_ID)),
    ofSession('session-equal-bytes', 'A session ID may be any 32 bytes', 'acme', Buffer.alloc(32)),
    ofSession('session-tenant-shortest', 'A tenant of one character', 'a', SESSION_ID),
    ofSession('session-tenant-longest', 'A tenant of 64 characters', 'a'.repeat(64), SESSION_ID),
    ofSession('session-of-foreign-id', 'The session ID that the known foreign ID leads to', 'acme',
      foreignSessionId(LOOKUP, 'acme', FOREIGN_ID)),

    ofUser('user', 'The known answer of the format', 'acme', 'u_1'),
    ofUser('user-other-tenant', 'Another tenant knows the same user by another name', 'acme2', 'u_1'),
    ofUser('user-other-lookup-key', 'Another lookup key gives other names', 'acme', 'u_1', OTHER_RING),
    ofUser('user-shortest', 'A user ID of one byte', 'acme', 'u'),
    ofUser('user-longest', 'A user ID of 256 bytes', 'acme', 'u'.repeat(256)),
    ofUser('user-longest-non-ascii', 'A user ID of 256 bytes in 128 characters', 'acme', 'é'.repeat(128)),
    ofUser('user-upper-case', 'Case is kept', 'acme', 'U_1'),
    ofUser('user-space-after', 'White space is kept', 'acme', 'u_1 '),
    ofUser('user-nfc', 'Composed: e with acute is one character', 'acme', 'zo\u00e9'),
    ofUser('user-nfd', 'Decomposed: e and a combining acute; never normalised, so another user', 'acme', 'zoe\u0301'),
    ofUser('user-astral', 'A character of four bytes', 'acme', '\u{1f511}'),
    ofUser('user-joined-left', 'lp keeps tenant and user ID apart: ab, c', 'ab', 'c'),
    ofUser('user-joined-right', 'lp keeps tenant and user ID apart: a, bc', 'a', 'bc'),
    ofUser('user-like-foreign-id', 'A user ID and a foreign ID of the same text have unrelated names',
      'acme', FOREIGN_ID),

    ofForeign('foreign', 'The known answer of the format', 'acme', FOREIGN_ID),
    ofForeign('foreign-other-tenant', 'Another tenant has another session for the same foreign ID',
      'acme2', FOREIGN_ID),
    ofForeign('foreign-other-lookup-key', 'Another lookup key leads to another session',
      'acme', FOREIGN_ID, OTHER_RING),
    ofForeign('foreign-upper-case', 'Case is kept, in a UUID too', 'acme', FOREIGN_ID.toUpperCase()),
    ofForeign('foreign-shortest', 'A foreign ID of 16 characters', 'acme', '0123456789abcdef'),
    ofForeign('foreign-longest', 'A foreign ID of 128 characters', 'acme', '0123456789abcdef'.repeat(8)),
    ofForeign('foreign-punctuation', 'Every visible character that is no letter or digit', 'acme',
      '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'),
    ofForeign('foreign-joined-left', 'lp keeps tenant and foreign ID apart: acme-5, e551…',
      'acme-5', FOREIGN_ID.slice(1)),
    ofForeign('foreign-joined-right', 'lp keeps tenant and foreign ID apart: acme-, 5e551…', 'acme-', FOREIGN_ID),

    ofReceipt('receipt', 'The receipt key of a tenant', 'acme'),
    ofReceipt('receipt-other-tenant', 'Another tenant has another receipt key', 'acme2'),
    ofReceipt('receipt-other-lookup-key', 'Another lookup key gives another receipt key', 'acme', OTHER_RING),
  ]
}

const SESSION_TEXT = encodeText(SESSION_ID)

function sessionIds() {
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

function foreignIds() {
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

function keyringTexts() {
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

function padmeVectors() {
  const small = Array.from({ length: 40 }, (_, index) => index + 1)
  const large = [255, 256, 257, 258, 1000, 1024, 1025, 4096, 16_383, 16_384, 16_385, 40_000, 262_144, 1_048_576]
  return [...small, ...large].map((n) => ({ n, padme: padme(n) }))
}

/** Holds each list of identifiers to what it states. */
function checkIdentifiers(ids) {
  for (const list of [ids.session_ids, ids.foreign_ids, ids.keyrings]) checkNames(list)
  for (const kind of ['session', 'user', 'foreign', 'receipt']) {
    checkNames(ids.derivations.filter((entry) => entry.kind === kind))
  }
  const isClassed = (classOf) => ({ text, expect }) => assert.equal(classOf(text), expect)
  for (const entry of ids.session_ids) labelled(entry, isClassed(classOfSessionId))
  for (const entry of ids.foreign_ids) labelled(entry, isClassed(classOfForeignId))
  for (const entry of ids.keyrings) labelled(entry, checkKeyring)
  for (const entry of ids.derivations) labelled(entry, checkDerivation)

  // No two inputs share a name: tenants, keys, labels and lp all keep apart what they should.
  const names = ids.derivations.flatMap((entry) => [
    entry.handle,
    entry.log_id,
    entry.csrf,
    entry.pseudonym,
    entry.receipt_key,
    entry.kind === 'foreign' && entry.session_id,
  ]).filter(Boolean)
  assert.equal(new Set(names).size, names.length, 'No derived name occurs twice')
}

function checkKeyring({ keyring, expect, key_ids: keyIds, has_lookup: hasLookup }) {
  const ring = parseKeyring(keyring)
  assert.equal(ring === null ? 'refused' : 'valid', expect)
  if (ring === null) return
  assert.deepEqual(ring.roots.map((root) => root.id.toString('hex')), keyIds)
  assert.equal(ring.lookup !== undefined, hasLookup)
}

/** That the inputs of a derivation are themselves well-formed: a vector of a refused input would mean nothing. */
function checkDerivation(entry) {
  assert.match(entry.tenant, /^[A-Za-z0-9._-]{1,64}$/)
  if (entry.kind !== 'session') assert.deepEqual(parseKeyring(entry.keyring)?.lookup, hex(entry.lookup_key))
  if (entry.kind === 'foreign') assert.equal(classOfForeignId(entry.foreign_id), 'valid')
  if (entry.kind === 'user') assert.ok(entry.user_id.length >= 2 && entry.user_id.length <= 512, '1 to 256 bytes')
}

// ---------------------------------------------------------------------------------------------------------------------
// Files

/** Pretty JSON in ASCII: a control character or an accent in a vector shows, and survives every editor. */
function print(value) {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(value, null, 2).replace(/[\x7f-\uffff]/g, escape)}\n`
}

function files() {
  assertKnownAnswers()

  const vectors = envelopeVectors()
  checkEnvelopes(vectors)

  const ids = {
    description: 'Identifiers, derivations, keyrings and Padm\u00e9 lengths of sealed-session; made by generate.mjs, '
      + 'explained in README.md',
    derivations: derivations(),
    session_ids: sessionIds(),
    foreign_ids: foreignIds(),
    keyrings: keyringTexts(),
    padme: padmeVectors(),
  }
  checkIdentifiers(ids)

  const description = 'Envelopes of sealed-session, one reason each; made by generate.mjs, explained in README.md'
  return [
    ['envelope.json', print({ description, vectors })],
    ['ids.json', print(ids)],
  ]
}

/** What a file beside this one holds, or null where there is none. */
function committed(name) {
  try {
    return readFileSync(new URL(name, import.meta.url), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function main(args) {
  if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
    console.error('Usage: node tests/vectors/generate.mjs [--check]')
    process.exitCode = 2
    return
  }
  const check = args.length === 1
  for (const [name, text] of files()) {
    if (!check) {
      writeFileSync(new URL(name, import.meta.url), text)
    } else if (committed(name) !== text) {
      console.error(`Cannot confirm vectors: tests/vectors/${name} is not what generate.mjs computes`)
      process.exitCode = 1
    }
  }
}

main(process.argv.slice(2))
