/** rules.json: runs each case over its stores, and compares steps, answer and what is applied later. */

import json from '../../../vectors/rules.json' with { type: 'json' }
import { equal } from '../check.ts'
import { difference } from './run.ts'
import type { Call, File } from './file.ts'
import { withRules } from './kernel.ts'
import { Values } from './values.ts'
import { Words } from './words.ts'

const file = json as unknown as File

export function rules(): void {
  const words = withRules({ keyring: file.keyring, tenant: file.tenant }, (rules) => Words.of(file, rules))
  const values = new Values(file)
  for (const given of file.cases) {
    if ([given, ...(given.before ?? [])].some(({ call }) => isOfTheWorker(call))) continue
    for (const store of given.store === 'both' ? ['exact', 'eventual'] : [given.store]) {
      const { got, expected } = difference(file, given, store, words.copy(), values)
      equal(got, expected, `${given.name} [${store}]`)
    }
  }
}

/** The package's calls choose no placement, disclose no ID and keep nothing unchanged; and it has no peek. */
function isOfTheWorker({ create, peek }: Call): boolean {
  return peek !== undefined || create?.placement !== undefined || create?.discloses_id === true || create?.keeps_unchanged === true
}
