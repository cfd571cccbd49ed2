/** Notation and Derive (FORMAT.md, "Conventions" and "Derive"). */

import { createHash, createHmac } from 'node:crypto'

export const concat = (...parts) => Buffer.concat(parts)
export const hex = (text) => Buffer.from(text, 'hex')
export const utf8 = (text) => Buffer.from(text, 'utf8')
export const sha512 = (bytes) => createHash('sha512').update(bytes).digest()

/** u32(x): 4 bytes big-endian. */
export function u32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** u64(x): 8 bytes big-endian. */
export function u64(value) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

/** lp(x): a 2-byte big-endian length followed by x. Throws where the length does not fit. */
export function lp(bytes) {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return concat(length, bytes)
}

export const encodeText = (bytes) => bytes.toString('base64url')

/** The bytes of canonical unpadded base64url, else null. Node's decoder is lax; encoding again makes this strict. */
export function decodeText(text) {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}

/** HKDF-Expand with SHA-512 (RFC 5869, 2.3). `node:crypto` offers Extract and Expand only as one. */
export function expand(prk, info, length) {
  let output = Buffer.alloc(0)
  let block = Buffer.alloc(0)
  for (let number = 1; output.length < length; number += 1) {
    block = createHmac('sha512', prk).update(block).update(info).update(Buffer.of(number)).digest()
    output = concat(output, block)
  }
  return output.subarray(0, length)
}

/** Derive(key, label, part1, part2, …) */
export function derive(key, label, ...parts) {
  return expand(key, concat(utf8(`sealed-session/v1/${label}`), Buffer.of(0x00), ...parts.map(lp)), 32)
}
