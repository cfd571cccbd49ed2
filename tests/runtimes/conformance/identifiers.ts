/** ids.json: names of sessions and users, keyrings, and padded lengths. */

import file from '../../vectors/ids.json' with { type: 'json' }
import { withSealKernel } from '../../../pkg/src/kernel/seal.ts'
import { base64url, hex, fromBase64url, text, unhex, utf8 } from './bytes.ts'
import { codeOf, equal } from './check.ts'
import { withRules } from './rules/kernel.ts'
import { pseudonym } from './rules/pseudonym.ts'

const { derivations, foreign_ids: foreignIds, keyrings, padme, session_ids: sessionIds } = file
const { KernelScope, KernelSessionSealer, nativeNames, peek } = withSealKernel((kernel) => kernel)

interface Derivation {
  name: string
  kind: string
  tenant: string
  keyring?: string
  session_id?: string
  handle?: string
  csrf?: string
  user_id?: string
  pseudonym?: string
  foreign_id?: string
}

export function identifiers(): void {
  for (const vector of derivations as Derivation[]) derivation(vector)
  for (const { name, expect, text, ...vector } of sessionIds) {
    equal(nativeNames('default', utf8(text)) === undefined ? 'malformed' : 'valid', expect, name)
    if ('session_id' in vector) equal(hex(fromBase64url(text) ?? new Uint8Array()), vector.session_id, `${name}, bytes`)
  }
  for (const { name, expect, text } of foreignIds) equal(kindOf(text), expect, name)
  for (const vector of keyrings) keyring(vector)
  for (const { n, padme: padded } of padme) equal(paddedLength(n), padded, `Padmé of ${n}`)
}

/** Log ID and receipt key never leave the kernel; receipts are verified with the latter. */
function derivation({ name, kind, tenant, keyring = '', session_id: sessionId = '', ...vector }: Derivation): void {
  const id = base64url(unhex(sessionId))
  if (kind === 'session') equal(text(nativeNames(tenant, utf8(id)) ?? new Uint8Array()), `${vector.handle}${vector.csrf}`, name)
  if (kind === 'user') equal(withRules({ keyring, tenant }, (rules) => pseudonym(rules, text(unhex(vector.user_id ?? '')))), vector.pseudonym, name)
  if (kind === 'foreign') {
    const sealer = new KernelSessionSealer(utf8(keyring), tenant)
    equal(sealer.handle(utf8(vector.foreign_id ?? '')), sealer.handle(utf8(id)), name)
    sealer.free()
  }
}

function kindOf(id: string): string {
  if (nativeNames('default', utf8(id)) !== undefined) return 'native'
  const sealer = new KernelSessionSealer(utf8(RING), 'default')
  return codeOf(() => sealer.handle(utf8(id))) === 'invalid_session_id' ? 'malformed' : 'valid'
}

function keyring({ name, expect, keyring, ...vector }: { name: string; expect: string; keyring: string; key_ids?: string[]; has_lookup?: boolean }): void {
  const refused = codeOf(() => new KernelScope(utf8(keyring), 'default', 'cookie'))
  equal(refused === undefined ? 'valid' : 'refused', expect, name)
  if (refused !== undefined) return
  const envelope = new KernelScope(utf8(keyring), 'default', 'cookie').seal(new Uint8Array(), new Uint8Array(), 1)
  equal(peek(envelope), `${vector.key_ids?.[0]},1`, `${name}, key ID`)
  const code = codeOf(() => new KernelSessionSealer(utf8(keyring), 'default').handle(utf8('x'.repeat(20))))
  equal(code, vector.has_lookup === true ? undefined : 'no_lookup_key', `${name}, lookup key`)
}

/** What is sealed is as long as its padding and mark, and a tag for each chunk. */
function paddedLength(length: number): number {
  const scope = new KernelScope(utf8(RING), 'default', 'cookie')
  const sealed = scope.seal(new Uint8Array(), new Uint8Array(length - 1), 1).length - BEGINNING
  scope.free()
  return sealed - TAG * (Math.floor(sealed / (CHUNK + TAG)) + 1)
}

const RING = keyrings[0]?.keyring ?? ''
/** Bytes before the first chunk. */
const BEGINNING = 65
const CHUNK = 16 * 1024
const TAG = 16
