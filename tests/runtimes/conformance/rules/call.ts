/** Calls in the file's words, as the kernel reads them. */

import * as command from '../../../../pkg/src/rules/command.ts'
import { Writer } from '../../../../pkg/src/rules/wire.ts'
import { base64url, utf8 } from '../bytes.ts'
import type { Arguments, Call } from './file.ts'
import type { Shelf } from './store.ts'
import { type Words, span } from './words.ts'

export function commandOf(call: Call, words: Words, shelf: Shelf): Uint8Array {
  const [name = '', given = {}] = Object.entries(call)[0] ?? []
  const { id = '', user, session = '', spared, after, limit = 100, strict = false } = given
  const owner = user ?? ''
  const cursor = after === undefined ? undefined : words.key(`u:${owner}:${after}`)
  const idOf = (name: string): string => words.id(name)
  switch (name) {
    case 'create':
      return create(given, words).finish()
    case 'end':
      return command.end(idOf(id)).finish()
    case 'export':
      return command.exportUser(owner, limit, cursor).finish()
    case 'list':
      return command.list(owner, limit, cursor).finish()
    case 'patch':
      return write(given, 1, words, shelf).finish()
    case 'read':
      return command.read(idOf(id), strict).finish()
    case 'regenerate':
      return command.regenerate(idOf(id), { grace: span(given.grace ?? '0s'), user: user ?? undefined, data: given.data }).finish()
    case 'replace':
      return write(given, 2, words, shelf).finish()
    case 'revoke_all':
      return command.revokeAll(owner, spared === undefined ? undefined : idOf(spared), cursor).finish()
    case 'revoke_one':
      return command.revokeOne(owner, words.handle(session)).finish()
    default:
      throw new Error(`no call is called ${name}`)
  }
}

function create({ under, data, user, label, idle, absolute }: Arguments, words: Words): Writer {
  return command.create({
    ...(under === undefined ? {} : { id: words.id(under) }),
    data,
    ...(user == null ? {} : { user }),
    ...(label == null ? {} : { label }),
    ...(idle === undefined ? {} : { idle: span(idle) }),
    ...(absolute === undefined ? {} : { absolute: span(absolute) }),
  })
}

/** Unlike the package's own, it can leave the data alone, or send some that are not JSON. */
function write({ id = '', only, data, data_text: asText, user, label, idle }: Arguments, kind: number, words: Words, shelf: Shelf): Writer {
  const version = only === 'other' ? base64url(new Uint8Array(12)) : only === undefined ? undefined : shelf.version(words.key(`s:${id}`), only)
  const bytes = asText ?? (data === undefined ? undefined : JSON.stringify(data))
  const text = (writer: Writer, text: string): Writer => writer.text(text)
  const nullable = (writer: Writer, value: string | null): Writer => writer.optional(value ?? undefined, text)
  const writer = new Writer().u8(WRITE).text(words.id(id)).optional(version, text)
  if (bytes === undefined) writer.u8(0)
  else writer.u8(kind).bytes(utf8(bytes))
  const window = idle === undefined ? undefined : span(idle)
  return writer.optional(user, nullable).optional(label, nullable).optional(window, (writer, seconds) => writer.u32(seconds))
}

const WRITE = 9
