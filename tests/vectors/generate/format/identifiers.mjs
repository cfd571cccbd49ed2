/** Names of sessions and users (FORMAT.md, "Identifiers"). */

import { decodeText, derive, utf8 } from './notation.mjs'

export function handle(sessionId, tenant) {
  const bytes = derive(sessionId, 'handle', utf8(tenant))
  bytes[0] = sessionId[0]
  return bytes
}

export const logId = (handleBytes, tenant) => derive(handleBytes, 'log id', utf8(tenant)).subarray(0, 9)
export const csrf = (sessionId, tenant) => derive(sessionId, 'csrf', utf8(tenant))
export const pseudonym = (lookup, tenant, userId) => derive(lookup, 'user', utf8(tenant), userId)
export const foreignSessionId = (lookup, tenant, text) => derive(lookup, 'foreign id', utf8(tenant), utf8(text))
export const receiptKey = (lookup, tenant) => derive(lookup, 'receipt', utf8(tenant))

export const classOfSessionId = (text) => (decodeText(text)?.length === 32 ? 'valid' : 'malformed')

/** 43 base64url characters are a session ID or malformed, never foreign; they are told apart before anything else. */
export function classOfForeignId(text) {
  if (/^[A-Za-z0-9_-]{43}$/.test(text)) return classOfSessionId(text) === 'valid' ? 'native' : 'malformed'
  return /^[\x21-\x7e]{16,128}$/.test(text) ? 'valid' : 'malformed'
}
