/**
 * Test vectors of the sealed-session format, and a second implementation of it.
 *
 *     node tests/vectors/generate.mjs            writes the JSON files beside this one
 *     node tests/vectors/generate.mjs --check    exits 1 if a committed file is not what this program computes
 *
 * `generate/format` follows docs/FORMAT.md step by step on `node:crypto` alone and shares nothing with the Rust kernel,
 * so that an error in one of the two shows as a difference. `generate/vectors` has the lists. Nothing is random: salts,
 * nonces and spare keys are SHA-512 of texts, and the only search counts up from zero. Every vector states its outcome
 * by hand; this implementation, which reads it as another one would, must come to the same, or nothing is written.
 *
 * The keys are published and the sealer takes its salt from the caller: for tests only.
 */

import { readFileSync, writeFileSync } from 'node:fs'

import { checkEnvelopes, envelopeVectors } from './generate/vectors/envelopes.mjs'
import { checkIdentifiers, identifierVectors } from './generate/vectors/identifiers.mjs'
import { assertKnownAnswers } from './generate/vectors/known-answers.mjs'
import { checkReceipts, receiptVectors } from './generate/vectors/receipts.mjs'

/** Pretty JSON in ASCII: a control character or an accent in a vector shows, and survives every editor. */
function print(value) {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(value, null, 2).replace(/[\x7f-\uffff]/g, escape)}\n`
}

function files() {
  assertKnownAnswers()

  const envelopes = envelopeVectors()
  checkEnvelopes(envelopes)

  const ids = {
    description: 'Identifiers, derivations, keyrings and Padm\u00e9 lengths of sealed-session; made by generate.mjs, '
      + 'explained in README.md',
    ...identifierVectors(),
  }
  checkIdentifiers(ids)

  const receipts = receiptVectors()
  checkReceipts(receipts)

  const listed = (what, vectors) => print({
    description: `${what} of sealed-session, one reason each; made by generate.mjs, explained in README.md`,
    vectors,
  })
  return [
    ['envelope.json', listed('Envelopes', envelopes)],
    ['ids.json', print(ids)],
    ['receipts.json', listed('Receipts of erasures', receipts)],
  ]
}

/** What a file beside this one holds, or null where there is none. */
function committed(name) {
  try {
    return readFileSync(new URL(name, import.meta.url), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function main(args) {
  if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
    console.error('Usage: node tests/vectors/generate.mjs [--check]')
    process.exitCode = 2
    return
  }
  const check = args.length === 1
  for (const [name, text] of files()) {
    if (!check) {
      writeFileSync(new URL(name, import.meta.url), text)
    } else if (committed(name) !== text) {
      console.error(`Cannot confirm vectors: tests/vectors/${name} is not what generate.mjs computes`)
      process.exitCode = 1
    }
  }
}

main(process.argv.slice(2))
