/** Receipts of erasures (FORMAT.md, "Receipts"). The issuer takes its nonce from the caller: for tests only. */

import { createHmac, timingSafeEqual } from 'node:crypto'

import { pseudonym, receiptKey } from './identifiers.mjs'
import { concat, decodeText, encodeText, u32, u64 } from './notation.mjs'

const PREFIX = 'srt1_'
const FORMAT = 0x01
const PARTIAL = 0x01
export const NONCE = 16
const SIGNED = 2 + 8 + 4 + 8 + NONCE + 32
const LENGTH = SIGNED + 64

const mac = (key, label, ...parts) =>
  createHmac('sha512', key).update(label).update(Buffer.of(0x00)).update(concat(...parts)).digest()

/** Tells whom a receipt is about, to whoever has the key and the user ID. */
export const about = (key, nonce, name) => mac(key, 'about', nonce, name).subarray(0, 32)

/** All that comes before the tag. `format` and `flags` are others only where a later release is imitated. */
export function signed({ at, ended, completeBy, partial, nonce, format = FORMAT, flags = partial ? PARTIAL : 0 }, who) {
  return concat(Buffer.of(format, flags), u64(at), u32(ended), u64(completeBy), nonce, who)
}

/** A receipt of these bytes, with the tag that they should have. */
export const signedReceipt = (key, bytes) => concat(bytes, mac(key, 'receipt', bytes))

export const receiptText = (receipt) => PREFIX + encodeText(receipt)

/** A receipt, with what is computed on the way. */
export function issue({ lookup, tenant, userId, ...erasure }) {
  const key = receiptKey(lookup, tenant)
  const name = pseudonym(lookup, tenant, userId)
  const who = about(key, erasure.nonce, name)
  const receipt = signedReceipt(key, signed(erasure, who))
  return { key, name, who, tag: receipt.subarray(SIGNED), receipt }
}

/** Reads and verifies in the order that FORMAT.md fixes; each step has its own outcome. */
export function verify({ keyring, tenant, userId }, text) {
  const receipt = text.startsWith(PREFIX) ? decodeText(text.slice(PREFIX.length)) : null
  if (receipt?.length !== LENGTH || receipt[0] !== FORMAT || receipt[1] > PARTIAL) return { outcome: 'malformed' }

  const { lookup } = keyring
  if (lookup === undefined) return { outcome: 'unauthentic' }
  const key = receiptKey(lookup, tenant)
  if (!timingSafeEqual(signedReceipt(key, receipt.subarray(0, SIGNED)), receipt)) return { outcome: 'unauthentic' }

  // Only now is anything that it says to be believed.
  const nonce = receipt.subarray(22, 22 + NONCE)
  const who = about(key, nonce, pseudonym(lookup, tenant, userId))
  const isAbout = timingSafeEqual(who, receipt.subarray(22 + NONCE, SIGNED))
  return {
    outcome: isAbout ? 'own' : 'another_user',
    partial: receipt[1] === PARTIAL,
    at: Number(receipt.readBigUInt64BE(2)),
    ended: receipt.readUInt32BE(10),
    completeBy: Number(receipt.readBigUInt64BE(14)),
    nonce,
  }
}
