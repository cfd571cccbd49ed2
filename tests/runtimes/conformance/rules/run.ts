/** One case over one store: what is done, and what is expected, in the file's words. */

import { SealedSessionError } from '../../../../pkg/src/errors.ts'
import type { KernelRules } from '../../../../pkg/src/rules/drive.ts'
import { type Step, readStep } from '../../../../pkg/src/rules/step.ts'
import type { Condition } from '../../../../pkg/src/store.ts'
import { base64url as versionText } from '../bytes.ts'
import { canonical } from '../check.ts'
import { answerOf, expectedAnswer } from './answer.ts'
import { commandOf } from './call.ts'
import type { Before, Case, ChangeForm, Fields, File, LimitsForm, StepForm, Value } from './file.ts'
import { type Limits, withRules } from './kernel.ts'
import { Shelf, isSame } from './store.ts'
import type { Values } from './values.ts'
import { type Words, span, time, timeText } from './words.ts'

type Asked = Exclude<Step, { type: 'done' }>
type Answered = Map<string, Uint8Array | undefined>

/** `words` are the case's own. */
export function difference(file: File, given: Case, store: string, words: Words, values: Values): { got: unknown; expected: unknown } {
  const { keyring, tenant, stores } = file
  const visibility = stores[store]?.eventual?.visibility
  const limits = limitsOf({ ...file.limits, ...given.limits })
  const settings = { keyring, tenant, limits, visibility: visibility === undefined ? undefined : span(visibility) }
  return withRules(settings, (rules) => {
    const run = new Run(rules, words, values, new Shelf(visibility === undefined))
    run.becomes(given.given ?? {})
    for (const before of given.before ?? []) run.before(before)
    const got = run.taken(given)
    return { got, expected: run.expected(given) }
  })
}

class Run {
  readonly #rules: KernelRules
  readonly #words: Words
  readonly #values: Values
  readonly #shelf: Shelf

  constructor(rules: KernelRules, words: Words, values: Values, shelf: Shelf) {
    this.#rules = rules
    this.#words = words
    this.#values = values
    this.#shelf = shelf
  }

  becomes(state: Record<string, Value | null>): void {
    for (const [name, value] of Object.entries(state)) {
      const key = this.#words.key(name)
      if (value === null) this.#shelf.delete(key)
      else this.#shelf.put(key, this.#values.stored(this.#words, key, value))
    }
  }

  /** A call of the same instance, earlier. It must go well, or it would not be what the case is about. */
  before({ at, until = at, call, later }: Before): void {
    let { operation, step } = readStep(this.#rules.start(commandOf(call, this.#words, this.#shelf), time(at)))
    while (step.type !== 'done') {
      const { answer } = this.#shelf.reply(step, undefined)
      ;({ operation, step } = readStep(this.#rules.resume(operation, answer, time(until))))
    }
    if (step.outcome instanceof SealedSessionError) throw step.outcome
    if (later !== 'lost') this.#shelf.apply(step.later)
  }

  /** The steps, the answer and what is left for later. */
  taken(given: Case): unknown {
    const [taken, answered]: [{ step: Asked; answered: Answered }[], Answered] = [[], new Map()]
    let now = time(given.now)
    let { operation, step } = readStep(this.#rules.start(commandOf(given.call, this.#words, this.#shelf), now))
    while (step.type !== 'done') {
      this.#learn(step)
      const plan = given.steps?.[taken.length]
      this.becomes(plan?.meanwhile ?? {})
      if (plan?.at !== undefined) now = time(plan.at)
      taken.push({ step, answered: new Map(answered) })
      if (taken.length > MOST_STEPS) throw new Error(`${given.name} does not end`)
      const { answer, told } = this.#shelf.reply(step, plan?.reply)
      for (const [key, value] of told) answered.set(key, value)
      ;({ operation, step } = readStep(this.#rules.resume(operation, answer, now)))
    }
    const { outcome, later } = step
    if (!(outcome instanceof SealedSessionError) && outcome.type === 'created' && outcome.id !== undefined) {
      this.#words.learnId(outcome.session.state.handle, outcome.id)
    }
    return {
      steps: taken.map(({ step, answered }) => this.#step(step, answered)),
      answer: answerOf(outcome, this.#words, this.#shelf, this.#rules),
      later: later.map((change) => this.#values.change(this.#words, change)),
    }
  }

  /** What the file expects, now that the names of new sessions are known. */
  expected({ steps = [], answer, later = [] }: Case): unknown {
    const changes = (forms: ChangeForm[]): Fields[] => forms.map((form) => this.#values.expected(form))
    const step = ({ get, apply, apply_each: each, list, limit, after, when, not_after: notAfter }: StepForm): Fields => {
      if (get !== undefined) return { get }
      if (list !== undefined) return { list, limit, after: after ?? undefined }
      if (each !== undefined) return { apply_each: unordered(each.map(changes)) }
      return { apply: changes(apply ?? []), when: when ?? {}, not_after: notAfter }
    }
    const wanted = expectedAnswer(answer, this.#words, this.#shelf, this.#values)
    return { steps: steps.map(step), answer: wanted, later: changes(later) }
  }

  #learn(step: Asked): void {
    if (step.type === 'get') for (const key of step.keys) this.#words.learn(key)
    const batches = step.type === 'apply' ? [step.batch] : step.type === 'apply each' ? step.batches : []
    for (const { key } of batches.flatMap(({ changes }) => changes)) this.#words.learn(key)
  }

  #step(step: Asked, answered: Answered): Fields {
    switch (step.type) {
      case 'get':
        return { get: step.keys.map((key) => this.#words.keyText(key)) }
      case 'list': {
        const { prefix, after, limit } = step.page
        return { list: this.#words.user(prefix.slice(2, -1)), limit, after: this.#words.after(after) }
      }
      case 'apply each':
        return { apply_each: unordered(step.batches.map(({ changes }) => this.#changes(changes))) }
      case 'apply': {
        const { when, changes, notAfter } = step.batch
        const conditions = when.map((condition) => [this.#words.keyText(condition.key), this.#condition(condition, answered)])
        const not_after = notAfter === undefined ? undefined : timeText(notAfter)
        return { apply: this.#changes(changes), when: Object.fromEntries(conditions), not_after }
      }
    }
  }

  #changes(changes: readonly Parameters<Values['change']>[1][]): Fields[] {
    return changes.map((change) => this.#values.change(this.#words, change))
  }

  #condition(condition: Condition, answered: Answered): string {
    if (condition.type === 'version') return this.#shelf.versionName(condition.key, versionText(condition.version))
    if (condition.value === undefined) return 'absent'
    return isSame(answered.get(condition.key), condition.value) ? 'unchanged' : 'something that was not read'
  }
}

function limitsOf({ idle, absolute, longest, max_data: maxData, max_sessions_per_user: maxSessionsPerUser }: LimitsForm): Limits {
  const seconds = (duration: string | undefined): number | undefined => (duration === undefined ? undefined : span(duration))
  return { idle: seconds(idle), absolute: seconds(absolute), longest: seconds(longest), maxData, maxSessionsPerUser }
}

/** Batches do not depend on each other, so their order says nothing. */
function unordered(batches: Fields[][]): Fields[][] {
  return batches.toSorted((one, other) => (canonical(one[0]) < canonical(other[0]) ? -1 : 1))
}

const MOST_STEPS = 50
