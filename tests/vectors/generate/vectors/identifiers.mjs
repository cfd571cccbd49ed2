/** ids.json: the lists, and their check by computation. */

import { strict as assert } from 'node:assert'

import { classOfForeignId, classOfSessionId } from '../format/identifiers.mjs'
import { parseKeyring } from '../format/keys.mjs'
import { hex } from '../format/notation.mjs'
import { checkNames, labelled } from './checks.mjs'
import { derivations } from './identifiers/derivations.mjs'
import { foreignIds, keyringTexts, padmeVectors, sessionIds } from './identifiers/texts.mjs'

export const identifierVectors = () => ({
  derivations: derivations(),
  session_ids: sessionIds(),
  foreign_ids: foreignIds(),
  keyrings: keyringTexts(),
  padme: padmeVectors(),
})

/** Holds each list of identifiers to what it states. */
export function checkIdentifiers(ids) {
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
