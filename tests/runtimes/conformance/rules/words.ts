/** The file's words for times, sessions, users and keys, and what they mean. */

import { withSealKernel } from '../../../../pkg/src/kernel/seal.ts'
import type { KernelRules } from '../../../../pkg/src/rules/drive.ts'
import { base64url, text, unhex, utf8 } from '../bytes.ts'
import { pseudonym } from './pseudonym.ts'
import type { File } from './file.ts'

const { KernelSessionSealer } = withSealKernel((kernel) => kernel)

/** What the names of the file mean; a case adds those that its operation makes. */
export class Words {
  /** Of a session by its name: the ID as its owner has it. */
  readonly ids: Map<string, string>
  readonly #handles: Map<string, string>
  readonly #users: Map<string, string>

  /** `rules` are over an exact store, with the file's keyring and tenant. */
  static of({ sessions, foreign, users, keyring, tenant }: File, rules: KernelRules): Words {
    const native = Object.entries(sessions).map(([name, id]) => [name, base64url(unhex(id))] as const)
    const ids = new Map([...native, ...Object.entries(foreign)])
    const sealer = new KernelSessionSealer(utf8(keyring), tenant)
    const handles = new Map([...ids].map(([name, id]) => [name, sealer.handle(utf8(id))]))
    return new Words(ids, handles, new Map(users.map((user) => [user, pseudonym(rules, user)])))
  }

  private constructor(ids: Map<string, string>, handles: Map<string, string>, users: Map<string, string>) {
    this.ids = ids
    this.#handles = handles
    this.#users = users
  }

  /** For a case of its own. */
  copy(): Words {
    return new Words(new Map(this.ids), new Map(this.#handles), this.#users)
  }

  /** A handle that nobody named yet belongs to an ID that the operation made. */
  learn(key: string): void {
    const handle = key.startsWith('r:') ? undefined : key.split(':').at(-1)
    if (handle === undefined || [...this.#handles.values()].includes(handle)) return
    const made = [...this.#handles.keys()].filter((name) => name.startsWith('new')).length
    this.#handles.set(made === 0 ? 'new' : `new${made + 1}`, handle)
  }

  /** The answer told a new ID. */
  learnId(handle: string, id: string): void {
    this.ids.set(this.name(handle), id)
  }

  id(name: string): string {
    return need(this.ids.get(name), name)
  }

  handle(name: string): string {
    return need(this.#handles.get(name), name)
  }

  /** The session under an ID. */
  nameOfId(id: string): string {
    return [...this.ids].find(([, known]) => known === id)?.[0] ?? '?'
  }

  isKnown(name: string | undefined): name is string {
    return name !== undefined && this.#handles.has(name)
  }

  name(handle: string): string {
    return [...this.#handles].find(([, known]) => known === handle)?.[0] ?? '?'
  }

  /** The store's key. */
  key(words: string): string {
    const [kind = '', name = '', session] = words.split(':')
    if (kind === 'r') return `r:${need(this.#users.get(name), words)}`
    if (session !== undefined) return `u:${need(this.#users.get(name), words)}:${this.handle(session)}`
    return `${kind}:${this.handle(name)}`
  }

  /** The file's word for a key. */
  keyText(key: string): string {
    const [kind = '', name = '', handle] = key.split(':')
    if (kind === 'r') return `r:${this.user(name)}`
    if (handle !== undefined) return `u:${this.user(name)}:${this.name(handle)}`
    return `${kind}:${this.name(name)}`
  }

  user(pseudonym: string): string {
    return [...this.#users].find(([, known]) => known === pseudonym)?.[0] ?? '?'
  }

  /** The session behind a place in a user's list. */
  after(cursor: string | undefined): string | undefined {
    return cursor === undefined ? undefined : this.name(cursor.split(':')[2] ?? '')
  }
}

/** Unix milliseconds of a moment such as `+1h30m`. */
export function time(moment: string): number {
  return T0 + (moment.startsWith('-') ? -1 : 1) * milliseconds(moment.slice(1))
}

/** Seconds of a duration. */
export function span(duration: string): number {
  return milliseconds(duration) / 1000
}

export function timeText(ms: number): string {
  return (ms < T0 ? '-' : '+') + durationText(Math.abs(ms - T0))
}

export function spanText(seconds: number): string {
  return durationText(seconds * 1000)
}

/** The JSON in some bytes. */
export function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes))
  } catch {
    return 'not JSON'
  }
}

function milliseconds(duration: string): number {
  let sum = 0
  for (const [, number, unit] of duration.matchAll(/(\d+)([a-z]+)/gu)) sum += Number(number) * need(UNITS[unit ?? ''], duration)
  return sum
}

function durationText(ms: number): string {
  if (ms === 0) return '0s'
  let text = ''
  for (const [name, unit] of Object.entries(UNITS)) {
    if (ms >= unit) text += `${Math.floor(ms / unit)}${name}`
    ms %= unit
  }
  return text
}

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`nothing is called ${what}`)
  return value
}

/** Longest first. */
const UNITS: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
/** What every time in the file is relative to. */
export const T0 = 1_800_000_000_000
