/** Cobblestone-256: C2SP chunked-encryption with SHA-512 and AES-256-GCM. */

import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto'

import { concat, expand, utf8 } from './notation.mjs'

export const CHUNK = 16_384
export const TAG = 16
export const SALT = 24
export const COMMITMENT = 32

/** key (32) || base nonce (12) || commitment (32) */
export function messageKeys(key, salt, context) {
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

export function sealChunk({ chunkKey, baseNonce }, number, plaintext) {
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
export function sealChunks(keys, message) {
  const chunks = []
  for (let start = 0; start <= message.length; start += CHUNK) {
    chunks.push(sealChunk(keys, chunks.length, message.subarray(start, start + CHUNK)))
  }
  return chunks
}

/** The message, or null for any failure at all. */
export function openCobblestone(key, context, sealed) {
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
