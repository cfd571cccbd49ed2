/** rules.json: runs each case over its stores, and compares steps, answer and what is applied later. */

import json from '../../../vectors/rules.json' with { type: 'json' }
import { equal } from '../check.ts'
import { difference } from './run.ts'
import type { File } from './file.ts'
import { withRules } from './kernel.ts'
import { Values } from './values.ts'
import { Words } from './words.ts'

const file = json as unknown as File

export function rules(): void {
  const words = withRules({ keyring: file.keyring, tenant: file.tenant }, (rules) => Words.of(file, rules))
  const values = new Values(file)
  for (const given of file.cases) {
    // The package lets nobody choose a placement.
    if (given.call['create']?.placement !== undefined) continue
    for (const store of given.store === 'both' ? ['exact', 'eventual'] : [given.store]) {
      const { got, expected } = difference(file, given, store, words.copy(), values)
      equal(got, expected, `${given.name} [${store}]`)
    }
  }
}
