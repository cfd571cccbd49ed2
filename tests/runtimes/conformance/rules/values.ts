/** Values: as the file writes them, opened, and as a store has them, sealed. */

import { withSealKernel } from '../../../../pkg/src/kernel/seal.ts'
import type { Change } from '../../../../pkg/src/store.ts'
import { fromBase64url, unhex, utf8 } from '../bytes.ts'
import { Bytes, decodeActivity, decodeEntry, decodeMarker, decodeRecord, encodeActivity, encodeEntry, encodeMarker, encodeRecord } from './codec.ts'
import type { ChangeForm, Fields, File, Value } from './file.ts'
import { T0, type Words, time, timeText } from './words.ts'

const { KernelScope, KernelSessionSealer, peek } = withSealKernel((kernel) => kernel)

export class Values {
  readonly #named: Record<string, Fields>
  readonly #rings: Record<'newest' | 'older' | 'unknown', Ring>

  constructor({ values, keyring, older_keyring: older, unknown_keyring: unknown, tenant }: File) {
    this.#named = values
    this.#rings = { newest: new Ring(keyring, tenant), older: new Ring(older, tenant), unknown: new Ring(unknown, tenant) }
  }

  /** The bytes that the file says are stored. */
  stored(words: Words, key: string, value: Value): Uint8Array {
    const [only, ...others] = typeof value === 'object' ? Object.entries(value) : []
    const [kind, inner] = others.length === 0 && only !== undefined ? only : []
    switch (kind) {
      case 'hex':
        return unhex(inner as string)
      case 'moved_from': {
        const [from, moved] = Object.entries(inner as Record<string, Value>)[0] ?? []
        return this.stored(words, words.key(from ?? ''), moved ?? '')
      }
      case 'older_key':
        return this.#rings.older.sealed(words, key, this.#resolved(inner as Value))
      case 'payload_hex':
        return this.#rings.newest.sealedRecord(words, key, unhex(inner as string), T0 / 1000 + WEEK)
      case 'tampered': {
        const bytes = this.stored(words, key, inner as Value).slice()
        bytes[bytes.length - 1]! ^= 1
        return bytes
      }
      case 'unknown_key':
        return this.#rings.unknown.sealed(words, key, this.#resolved(inner as Value))
      default:
        return this.#rings.newest.sealed(words, key, this.#resolved(value))
    }
  }

  /** A change in the file's words. What the value says of its own expiry must be the same. */
  change(words: Words, change: Change): Fields {
    const key = words.keyText(change.key)
    if (change.type === 'delete') return { delete: key }
    const { fields, expiresAt, isNewestKey } = this.opened(words, change.key, change.value)
    const form: Fields = { put: key, value: fields, expires: timeText(change.expiresAt * 1000) }
    const isTrue = expiresAt === change.expiresAt && isNewestKey
    return isTrue ? form : { ...form, header: `expires ${timeText(expiresAt * 1000)}, sealed with the first key: ${isNewestKey}` }
  }

  /** A value in the file's words, whatever its age. */
  opened(words: Words, key: string, value: Uint8Array): { fields: Fields | string; expiresAt: number; isNewestKey: boolean } {
    if (isMarker(key)) return { ...decodeMarker(words, key[0] ?? '', value), isNewestKey: true }
    const [keyId, expiresAt] = peek(value)?.split(',') ?? []
    const header = { expiresAt: Number(expiresAt), isNewestKey: keyId === this.#rings.newest.keyId }
    return { ...header, fields: this.#rings.newest.opened(words, key, value) }
  }

  /** An expected change; its value without what is `null`. */
  expected({ put, delete: deleted, value, expires }: ChangeForm): Fields {
    if (put === undefined || value === undefined) return { delete: deleted }
    const fields = value === SEALED ? value : Object.fromEntries(Object.entries(this.#resolved(value)).filter(([, field]) => field !== null))
    return { put, value: fields, expires }
  }

  /** A name in the table, or fields, perhaps like a named value's but for some. */
  #resolved(value: Value): Fields {
    if (typeof value === 'string') return this.#base(value)
    const { like, ...fields } = value
    return like === undefined ? fields : { ...this.#base(like as string), ...fields }
  }

  #base(name: string): Fields {
    return this.#named[name] ?? missing(name)
  }
}

/** What one keyring seals and opens. */
class Ring {
  readonly keyId: string | undefined
  readonly #records: InstanceType<typeof KernelSessionSealer>
  readonly #entries: InstanceType<typeof KernelScope>
  readonly #activities: InstanceType<typeof KernelScope>

  constructor(keyring: string, tenant: string) {
    this.#records = new KernelSessionSealer(utf8(keyring), tenant)
    this.#entries = new KernelScope(utf8(keyring), tenant, 'user-session')
    this.#activities = new KernelScope(utf8(keyring), tenant, 'activity')
    this.keyId = peek(this.#entries.seal(new Uint8Array(), new Uint8Array(), 1))?.split(',')[0]
  }

  sealed(words: Words, key: string, fields: Fields): Uint8Array {
    if (isMarker(key)) return encodeMarker(words, key[0] ?? '', fields).finish()
    const { absolute, grace } = fields as { absolute: string; grace?: { dies: string } | null }
    switch (key[0]) {
      case 'a':
        return this.#activities.seal(handleOf(key), encodeActivity(fields).finish(), T0 / 1000 + WEEK)
      case 'u':
        return this.#entries.seal(entrySubject(words, key), encodeEntry(words, fields).finish(), secondsUp(absolute))
      default:
        return this.sealedRecord(words, key, encodeRecord(words, fields).finish(), secondsUp(grace?.dies ?? absolute))
    }
  }

  sealedRecord(words: Words, key: string, payload: Uint8Array, expiresAt: number): Uint8Array {
    return this.#records.seal(utf8(words.id(words.name(key.slice(2)))), payload, expiresAt)
  }

  opened(words: Words, key: string, value: Uint8Array): Fields | string {
    try {
      if (key.startsWith('a:')) return decodeActivity(this.#activities.open(handleOf(key), value, 0))
      if (key.startsWith('u:')) return decodeEntry(words, this.#entries.open(entrySubject(words, key), value, 0))
      const id = words.ids.get(words.name(key.slice(2)))
      return id === undefined ? SEALED : decodeRecord(words, this.#records.open(utf8(id), value, 0))
    } catch (error) {
      if (typeof error === 'string') return 'does not open'
      throw error
    }
  }
}

const isMarker = (key: string): boolean => /^[efr]:/u.test(key)

function handleOf(key: string): Uint8Array {
  return fromBase64url(key.split(':').at(-1) ?? '') ?? missing(key)
}

function entrySubject(words: Words, key: string): Uint8Array {
  return new Bytes().text(words.user(key.split(':')[1] ?? '')).raw(handleOf(key)).finish()
}

function secondsUp(moment: string): number {
  return Math.ceil(time(moment) / 1000)
}

function missing(what: string): never {
  throw new Error(`nothing is called ${what}`)
}

/** A record under an ID that nobody was told cannot be opened. */
const SEALED = 'sealed'
/** Seconds. */
const WEEK = 7 * 86_400
