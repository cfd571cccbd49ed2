/** receipts.json: what verifying says of every receipt. */

import file from '../../vectors/receipts.json' with { type: 'json' }
import { readVerified } from '../../../pkg/src/receipt.ts'
import { Reader } from '../../../pkg/src/rules/wire.ts'
import type { Verified } from '../../../pkg/src/types.ts'
import { unhex } from './bytes.ts'
import { equal } from './check.ts'
import { withRules } from './rules/kernel.ts'

export function receipts(): void {
  for (const { name, expect, keyring, tenant, receipt, user_id: user, ...issued } of file.vectors as Vector[]) {
    const bytes = withRules({ keyring, tenant }, (rules) => rules.verify(receipt, unhex(user ?? '')))
    equal(bytes === undefined ? 'malformed' : classOf(readVerified(bytes, true)), expect, name)
    if (bytes === undefined || expect !== 'own') continue
    // As numbers: the greatest are beyond what a Date can say.
    const from = new Reader(bytes.subarray(2))
    const said = { at: from.u64(), ended: from.u32(), complete_by: from.u64(), partial: from.flag() }
    const { at, ended, complete_by, partial } = issued
    equal(said, { at, ended, complete_by, partial }, `${name}, says`)
  }
}

function classOf(verified: Verified): string {
  if (!verified.authentic) return 'unauthentic'
  return verified.aboutUser === true ? 'own' : 'another_user'
}

interface Vector {
  name: string
  expect: string
  keyring: string
  tenant: string
  receipt: string
  user_id?: string
  at?: number
  ended?: number
  complete_by?: number
  partial?: boolean
}
