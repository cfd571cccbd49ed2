/** Hexadecimal and base64url, without `Buffer`. */

export { encode as base64url, decode as fromBase64url } from '../../../pkg/src/base64url.ts'
export { text, utf8 } from '../../../pkg/src/bytes.ts'

export function unhex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  return bytes
}

export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
