/** What must hold in every runtime: all published vectors, and round trips through the package's entries. */

import { passed } from './check.ts'
import { envelopes } from './envelopes.ts'
import { entries } from './entries.ts'
import { identifiers } from './identifiers.ts'
import { receipts } from './receipts.ts'
import { rules } from './rules/index.ts'

/** Runs every check; the first that fails throws. Says in one line how many there were. */
export async function conformance(): Promise<string> {
  envelopes()
  identifiers()
  receipts()
  rules()
  await entries()
  return `conformance: ${passed()} checks passed`
}
