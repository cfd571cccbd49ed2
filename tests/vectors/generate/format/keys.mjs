/** Keys and keyrings (FORMAT.md, "Keys"). */

import { decodeText, derive, encodeText, utf8 } from './notation.mjs'

export const keyId = (root) => derive(root, 'key id').subarray(0, 4)
export const scopeKey = (root, tenant, purpose) => derive(root, 'scope', utf8(tenant), utf8(purpose))
export const inputKey = (scope, subject) => derive(scope, 'subject', subject)

export const rootText = (key) => `ssk1_${encodeText(key)}`
export const lookupText = (key) => `slk1_${encodeText(key)}`

/** The keyring that a text stands for: `{ lookup, roots: [{ id, key }] }`, or null where it is refused. */
export function parseKeyring(text) {
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
