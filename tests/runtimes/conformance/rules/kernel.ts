/** The kernel's session rules, for one keyring, tenant, limits and kind of store. */

import { withRulesKernel } from '../../../../pkg/src/kernel/rules.ts'
import type { KernelRules } from '../../../../pkg/src/rules/drive.ts'
import { Writer } from '../../../../pkg/src/rules/wire.ts'
import { utf8 } from '../bytes.ts'

export interface Settings {
  keyring: string
  tenant: string
  limits?: Limits
  /** Seconds; of an exact store nothing. */
  visibility?: number | undefined
}

/** All but `maxData`, which is bytes, and `maxSessionsPerUser` in seconds. */
export interface Limits {
  idle?: number | undefined
  absolute?: number | undefined
  longest?: number | undefined
  maxData?: number | undefined
  maxSessionsPerUser?: number | undefined
}

export function withRules<R>({ keyring, tenant, limits = {}, visibility }: Settings, work: (rules: KernelRules) => R): R {
  const { idle, absolute, longest, maxData, maxSessionsPerUser } = limits
  const settings = new Writer()
  // The last one is how many changes a batch may have.
  for (const number of [idle, absolute, longest, maxData, maxSessionsPerUser, visibility, undefined]) {
    settings.optional(number, (writer, number) => writer.u32(number))
  }
  const rules = withRulesKernel(({ KernelRules }) => new KernelRules(utf8(keyring), tenant, settings.finish()))
  try {
    return work(rules)
  } finally {
    rules.free()
  }
}
