/** How a value is changed in one thing. */

import { concat } from '../format/notation.mjs'

/** `bytes` with the bits of `mask` turned over at `offset`; a negative offset counts from the end. */
export function flip(bytes, offset, mask = 0x01) {
  const copy = Buffer.from(bytes)
  copy[offset < 0 ? copy.length + offset : offset] ^= mask
  return copy
}

/** `bytes` with another first byte. */
export const startWith = (first, bytes) => concat(Buffer.of(first), bytes.subarray(1))

/** `text` with the character at `index` replaced; a negative index counts from the end. */
export const replaceAt = (text, index, character) => {
  const at = index < 0 ? text.length + index : index
  return text.slice(0, at) + character + text.slice(at + 1)
}

/** `text` with its last character one higher in value: the lowest trailing bit is set where they were zero. */
export function loose(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return replaceAt(text, -1, alphabet[alphabet.indexOf(text.at(-1)) + 1])
}

export const repeat = (length) => Buffer.alloc(length, 0x61)
