/**
 * docs/FORMAT.md on `node:crypto`, without anything of the kernel, as far as adversaries in tests need it: names, and
 * envelopes of one chunk, of the tenant `default`.
 */

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** What the values under a prefix are sealed for. */
export const PURPOSES = { 'a:': 'activity', 's:': 'session', 'u:': 'user-session' }

export const TENANT = 'default'

type Part = Buffer | string | number[]

/** Derive(key, label, part1, part2, …) */
export function derive(key: Buffer, label: string, ...parts: (Buffer | string)[]): Buffer {
  return hmac(key, `sealed-session/v1/${label}\0`, ...parts.map(lp), [1]).subarray(0, 32)
}

export const scopeKey = (rootKey: Buffer, purpose: string): Buffer => derive(rootKey, 'scope', TENANT, purpose)
export const inputKey = (scope: Buffer, subject: Buffer): Buffer => derive(scope, 'subject', subject)

export function handleOf(id: Buffer): Buffer {
  const handle = derive(id, 'handle', TENANT)
  id.copy(handle, 0, 0, 1)
  return handle
}

/** An envelope; `expiresAt` in milliseconds. */
export function seal(rootKey: Buffer, purpose: string, subject: Buffer, expiresAt: number, payload: Buffer): Buffer {
  const header = concat([0xf5], derive(rootKey, 'key id').subarray(0, 4), u32(seconds(expiresAt)))
  const salt = randomBytes(24)
  const keys = messageKeys(inputKey(scopeKey(rootKey, purpose), subject), header, salt)
  const cipher = createCipheriv('aes-256-gcm', keys.key, keys.nonce)
  const chunk = concat(cipher.update(concat(payload, [0x80])), cipher.final(), cipher.getAuthTag())
  return concat(header, salt, keys.commitment(), chunk)
}

/** The payload, whatever key ID the envelope names and whenever it expires; null where the input key is another. */
export function open(input: Buffer, envelope: Buffer): Buffer | null {
  const keys = messageKeys(input, envelope.subarray(0, 9), envelope.subarray(9, 33))
  if (!keys.commits(envelope.subarray(33, 65))) return null
  const decipher = createDecipheriv('aes-256-gcm', keys.key, keys.nonce)
  decipher.setAuthTag(envelope.subarray(-16))
  const padded = concat(decipher.update(envelope.subarray(65, -16)), decipher.final())
  return padded.subarray(0, padded.lastIndexOf(0x80))
}

function messageKeys(input: Buffer, header: Buffer, salt: Buffer) {
  const info = concat('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0', salt, header)
  const first = hmac(input, info, [1])
  const begins = first.subarray(44)
  const commitment = (): Buffer => concat(begins, hmac(input, first, info, [2]).subarray(0, 12))
  // Many keys are tried, and most need no second block to be told apart.
  const commits = (to: Buffer): boolean => to.subarray(0, begins.length).equals(begins) && to.equals(commitment())
  return { key: first.subarray(0, 32), nonce: first.subarray(32, 44), commitment, commits }
}

/** An `e:` that is final. */
export const endMarker = (at: number, expiresAt: number): Buffer => {
  return concat([1], u32(seconds(expiresAt)), u64(at), u64(at))
}

/** An `r:` that spares one handle. */
export const revokeMarker = (until: number, expiresAt: number, spared: string): Buffer => {
  return concat([1], u32(seconds(expiresAt)), u64(until), bytesOf(spared))
}

export function lp(part: Buffer | string): Buffer {
  const bytes = Buffer.from(part)
  return concat([bytes.length >> 8, bytes.length & 0xff], bytes)
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

export function concat(...parts: Part[]): Buffer {
  return Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part as string))))
}

export const seconds = (ms: number): number => Math.ceil(ms / 1_000)
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')
export const textOf = (bytes: Buffer): string => bytes.toString('base64url')

const hmac = (key: Buffer, ...parts: Part[]): Buffer => createHmac('sha512', key).update(concat(...parts)).digest()
