/** The payloads of docs/FORMAT.md, "Session record", "Entries" and "Markers", written and read once more for the vectors. */

import { base64url, fromBase64url, text, utf8 } from '../bytes.ts'
import type { Fields } from './file.ts'
import { type Words, parsed, span, spanText, time, timeText } from './words.ts'

export function encodeRecord(words: Words, fields: Fields): Bytes {
  const { user, label, grace, predecessors = {}, discloses } = fields as RecordForm
  const before = Object.entries(predecessors)
  const flags = (user == null ? 0 : 1) | (label == null ? 0 : 2) | (grace == null ? 0 : 4) | (before.length === 0 ? 0 : 8) | (discloses == null ? 0 : 16)
  const out = new Bytes().u8(FORMAT).u8(flags).time(fields['created']).time(fields['absolute']).u32(span(fields['idle'] as string)).time(fields['written'])
  if (user != null) out.text(user).time(fields['joined']).time(fields['listed'] ?? fields['joined'])
  if (label != null) out.text(label)
  if (grace != null) out.handle(words.handle(grace.successor)).time(grace.dies)
  if (before.length > 0) out.u8(before.length)
  for (const [name, at] of before) out.handle(words.handle(name)).time(at)
  if (discloses != null) out.text(words.id(discloses))
  return out.raw(utf8(JSON.stringify(fields['data'])))
}

export function decodeRecord(words: Words, bytes: Uint8Array): Fields {
  const from = new Cursor(bytes)
  const [, flags, created, absolute, idle, written] = [from.u8(), from.u8(), from.time(), from.time(), spanText(from.u32()), from.time()]
  const fields: Fields = { created, absolute, idle, written }
  if (flags & 1) {
    const [user, joined, listed] = [from.text(), from.time(), from.time()]
    Object.assign(fields, { user, joined }, listed === joined ? {} : { listed })
  }
  if (flags & 2) fields['label'] = from.text()
  if (flags & 4) fields['grace'] = { successor: words.name(from.handle()), dies: from.time() }
  if (flags & 8) fields['predecessors'] = Object.fromEntries(Array.from({ length: from.u8() }, () => [words.name(from.handle()), from.time()]))
  if (flags & 16) fields['discloses'] = words.nameOfId(from.text())
  return { ...fields, data: parsed(from.rest()) }
}

export function encodeEntry(words: Words, { created, absolute, idle, joined, last_seen: seen, label, discloses }: Fields): Bytes {
  const out = new Bytes().u8(discloses == null ? FORMAT : DISCLOSING).time(created).time(absolute).u32(span(idle as string)).time(joined)
  if (seen == null) out.u64(0)
  else out.time(seen)
  if (discloses != null) out.text(words.id(discloses as string))
  return label == null ? out : out.raw(utf8(label as string))
}

export function decodeEntry(words: Words, bytes: Uint8Array): Fields {
  const from = new Cursor(bytes)
  const [format, created, absolute, idle, joined, seen] = [from.u8(), from.time(), from.time(), spanText(from.u32()), from.time(), from.u64()]
  const discloses = format === DISCLOSING ? { discloses: words.nameOfId(from.text()) } : {}
  const label = text(from.rest())
  return { created, absolute, idle, joined, ...discloses, ...(seen === 0 ? {} : { last_seen: timeText(seen) }), ...(label === '' ? {} : { label }) }
}

export function encodeActivity(fields: Fields): Bytes {
  return new Bytes().u8(FORMAT).time(fields['last_seen'])
}

export function decodeActivity(bytes: Uint8Array): Fields {
  const from = new Cursor(bytes)
  return { last_seen: [from.u8(), from.time()][1] }
}

/** `kind` is the first letter of the key. What is given is kept for ever, unless it says how long. */
export function encodeMarker(words: Words, kind: string, fields: Fields): Bytes {
  const { ended, dies = ended, until, spares, expires } = fields
  const out = new Bytes().u8(FORMAT).u32(expires === undefined ? 0xffff_ffff : Math.ceil(time(expires as string) / 1000))
  if (kind === 'e') return out.time(ended).time(dies)
  if (kind === 'f') return out.time(ended)
  out.time(until)
  return spares == null ? out.raw(new Uint8Array(32)) : out.handle(words.handle(spares as string))
}

/** The fields, and until when the marker is kept by its own word. */
export function decodeMarker(words: Words, kind: string, bytes: Uint8Array): { fields: Fields; expiresAt: number } {
  const from = new Cursor(bytes)
  const [, expiresAt, at] = [from.u8(), from.u32(), from.time()]
  if (kind === 'f') return { expiresAt, fields: { ended: at } }
  if (kind === 'e') {
    const dies = from.time()
    return { expiresAt, fields: { ended: at, ...(dies === at ? {} : { dies }) } }
  }
  const spared = from.handle()
  return { expiresAt, fields: { until: at, ...(spared === NOBODY ? {} : { spares: words.name(spared) }) } }
}

interface RecordForm {
  user?: string | null
  label?: string | null
  grace?: { successor: string; dies: string } | null
  predecessors?: Record<string, string>
  discloses?: string | null
}

/** Appends fields. */
export class Bytes {
  readonly #bytes: number[] = []

  u8(number: number): this {
    this.#bytes.push(number)
    return this
  }

  u32(number: number): this {
    for (const shift of [24, 16, 8, 0]) this.u8((number >>> shift) & 0xff)
    return this
  }

  u64(number: number): this {
    return this.u32(Math.floor(number / 2 ** 32)).u32(number % 2 ** 32)
  }

  /** A moment in the file's words, in milliseconds. */
  time(moment: unknown): this {
    return this.u64(time(moment as string))
  }

  handle(text: string): this {
    return this.raw(fromBase64url(text) ?? new Uint8Array())
  }

  text(text: string): this {
    const bytes = utf8(text)
    return this.u8(bytes.length >> 8).u8(bytes.length & 0xff).raw(bytes)
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.push(...bytes)
    return this
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes)
  }
}

/** Takes fields off the front. */
class Cursor {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  u8(): number {
    return this.#view.getUint8(this.#at++)
  }

  u32(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4)
  }

  u64(): number {
    return this.u32() * 2 ** 32 + this.u32()
  }

  time(): string {
    return timeText(this.u64())
  }

  handle(): string {
    return base64url(this.#take(32))
  }

  text(): string {
    return text(this.#take(this.u8() * 256 + this.u8()))
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }

  #take(length: number): Uint8Array {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

const FORMAT = 1
/** Of an entry with a disclosed ID. */
const DISCLOSING = 2
const NOBODY = base64url(new Uint8Array(32))
