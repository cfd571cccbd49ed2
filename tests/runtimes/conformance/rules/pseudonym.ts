/** A user's pseudonym. Nobody is ever told it but the store, as the beginning of the keys that it lists. */

import type { KernelRules } from '../../../../pkg/src/rules/drive.ts'
import { list } from '../../../../pkg/src/rules/command.ts'
import { readStep } from '../../../../pkg/src/rules/step.ts'

/** `rules` are over an exact store, where a listing begins with the store's. */
export function pseudonym(rules: KernelRules, user: string): string {
  const { operation, step } = readStep(rules.start(list(user, 1, undefined).finish(), 0))
  rules.abandon(operation)
  if (step.type !== 'list') throw new Error(`a listing begins with ${step.type}`)
  return step.page.prefix.slice(2, -1)
}
