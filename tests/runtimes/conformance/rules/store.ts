/** What the store shows, and how it replies. */

import { withSealKernel } from '../../../../pkg/src/kernel/seal.ts'
import { input, type Step } from '../../../../pkg/src/rules/step.ts'
import type { Change, Condition } from '../../../../pkg/src/store.ts'
import { base64url, fromBase64url, hex } from '../bytes.ts'
import type { StepForm } from './file.ts'

const { peek } = withSealKernel((kernel) => kernel)

/** Keys and values. It keeps what has expired, as a store may. */
export class Shelf {
  readonly #values = new Map<string, Uint8Array>()
  /** Every version that was ever at a key, in the order in which they came: `v1`, `v2`. */
  readonly #versions = new Map<string, string[]>()
  readonly #looksAtConditions: boolean

  constructor(looksAtConditions: boolean) {
    this.#looksAtConditions = looksAtConditions
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)
  }

  put(key: string, value: Uint8Array): void {
    const version = versionOf(value)
    if (version !== undefined) this.#versions.set(key, [...(this.#versions.get(key) ?? []), version])
    this.#values.set(key, value)
  }

  delete(key: string): void {
    this.#values.delete(key)
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.put(change.key, change.value.slice())
      else this.delete(change.key)
    }
  }

  /** The version that is called `v1`. */
  version(key: string, name: string): string | undefined {
    return this.#versions.get(key)?.[Number(name.slice(1)) - 1]
  }

  versionName(key: string, version: string): string {
    const at = this.#versions.get(key)?.indexOf(version) ?? -1
    return at < 0 ? 'another version' : `v${at + 1}`
  }

  current(key: string): string | undefined {
    const version = versionOf(this.get(key))
    return version === undefined ? undefined : this.versionName(key, version)
  }

  /** The answer to a step, and what it said of each key. */
  reply(step: Exclude<Step, { type: 'done' }>, reply: StepForm['reply']): { answer: Uint8Array; told: [string, Uint8Array | undefined][] } {
    if (reply !== undefined) return { answer: input[reply](), told: [] }
    switch (step.type) {
      case 'get': {
        const told = step.keys.map((key): [string, Uint8Array | undefined] => [key, this.get(key)])
        return { answer: input.values(told.map(([, value]) => value)), told }
      }
      case 'apply':
        if (this.#looksAtConditions && !step.batch.when.every((condition) => this.#holds(condition))) return { answer: input.conflict(), told: [] }
        this.apply(step.batch.changes)
        return { answer: input.applied(), told: [] }
      case 'apply each':
        for (const { changes } of step.batches) this.apply(changes)
        return { answer: input.applied(), told: [] }
      case 'list': {
        const page = this.#list(step.page)
        return { answer: input.page(page), told: page.entries.map(({ key, value }) => [key, value]) }
      }
    }
  }

  /** In the order of the handles' bytes, which is not that of their texts. */
  #list({ prefix, after, limit }: { prefix: string; after: string | undefined; limit: number }): {
    entries: { key: string; value: Uint8Array }[]
    next: string | undefined
  } {
    const from = after === undefined ? '' : orderOf(after)
    const all = [...this.#values].filter(([key]) => key.startsWith(prefix) && orderOf(key) > from)
    const sorted = all.toSorted(([one], [other]) => (orderOf(one) < orderOf(other) ? -1 : 1))
    const entries = sorted.slice(0, limit).map(([key, value]) => ({ key, value }))
    return { entries, next: sorted.length > limit ? entries.at(-1)?.key : undefined }
  }

  #holds(condition: Condition): boolean {
    const current = this.get(condition.key)
    if (condition.type === 'version') return versionOf(current) === base64url(condition.version)
    return isSame(current, condition.value)
  }
}

/** The version of an envelope: bytes 9 to 20. */
export function versionOf(value: Uint8Array | undefined): string | undefined {
  return value === undefined || peek(value) === undefined ? undefined : base64url(value.subarray(9, 21))
}

export function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : hex(one) === hex(other)
}

function orderOf(key: string): string {
  return hex(fromBase64url(key.split(':').at(-1) ?? '') ?? new Uint8Array())
}
