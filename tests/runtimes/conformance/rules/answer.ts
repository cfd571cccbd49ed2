/** Answers: what the rules told, and what the file expects, in its words. */

import { SealedSessionError } from '../../../../pkg/src/errors.ts'
import type { KernelRules } from '../../../../pkg/src/rules/drive.ts'
import type { LiveSession, Outcome } from '../../../../pkg/src/rules/outcome.ts'
import type { ListedSession } from '../../../../pkg/src/types.ts'
import { fromBase64url, text, utf8 } from '../bytes.ts'
import type { Answer, Fields } from './file.ts'
import type { Shelf } from './store.ts'
import type { Values } from './values.ts'
import { type Words, parsed, timeText } from './words.ts'

export function answerOf(outcome: Outcome | SealedSessionError, words: Words, shelf: Shelf, rules: KernelRules): Answer {
  if (outcome instanceof SealedSessionError) return { error: outcome.code, field: outcome.field }
  switch (outcome.type) {
    case 'created': {
      const { session, ...told } = live(outcome.session, words, shelf, rules)
      // Only who made the ID is not told it.
      const isTold = outcome.id !== undefined && words.ids.get(String(session)) === outcome.id
      const wrong = isTold === String(session).startsWith('new') ? told['wrong'] : 'the ID'
      return { ...told, new_session: session, wrong }
    }
    case 'session':
      return live(outcome.session, words, shelf, rules)
    case 'ended':
      return { ended: true }
    case 'listed':
      return { sessions: rows(outcome.sessions, words), next: words.after(outcome.next) }
    case 'exported': {
      const revoked = outcome.revokedAt === undefined ? undefined : timeText(outcome.revokedAt.getTime())
      return { sessions: rows(outcome.sessions, words), next: words.after(outcome.next), unreadable: outcome.unreadable, revoked }
    }
    case 'revoked': {
      const completeBy = outcome.completeBy > 0 ? timeText(outcome.completeBy) : undefined
      return { revoked: outcome.ended, complete_by: completeBy, next: words.after(outcome.next) }
    }
  }
}

/** What an answer about a session does not mention is as in the record that the store then has. */
export function expectedAnswer(answer: Answer, words: Words, shelf: Shelf, values: Values): Answer {
  const given = Object.fromEntries(Object.entries(answer).filter(([, field]) => field !== null))
  // Why a session is missing, only a log learns.
  const { reason: _, ...told } = given
  if ('sessions' in told) return { ...told, sessions: undisclosed(told['sessions'] as Record<string, Fields>) }
  if ('revoked' in told) return told
  const name = (told['session'] ?? told['new_session']) as string | undefined
  if (!words.isKnown(name)) return told
  const key = words.key(`s:${name}`)
  const bytes = shelf.get(key)
  const opened = bytes === undefined ? {} : values.opened(words, key, bytes).fields
  const record: Fields = typeof opened === 'string' ? {} : opened
  const { created, absolute: expires, user, label, data } = record
  const placement = placementOf(words.handle(name))
  return { version: shelf.current(key), placement, created, expires, user, label, data, ...told }
}

function live({ state, user, label, data }: LiveSession, words: Words, shelf: Shelf, rules: KernelRules): Answer {
  const name = words.name(state.handle)
  const id = words.ids.get(name)
  const names = id === undefined ? '' : text(rules.names(utf8(id)))
  const at = (date: Date): string => timeText(date.getTime())
  return {
    session: name,
    placement: placementOf(state.handle),
    version: shelf.versionName(`s:${state.handle}`, state.version),
    created: at(state.createdAt),
    last_seen: at(state.lastSeenAt),
    expires: at(state.expiresAt),
    idle_expires: at(state.idleExpiresAt),
    user,
    label,
    data: parsed(data),
    wrong: names === state.handle + state.csrf ? undefined : 'the CSRF token',
  }
}

/** By the sessions' names: in which order they come, nobody should rely on. */
function rows(rows: readonly ListedSession[], words: Words): Fields {
  const at = (date: Date): string => timeText(date.getTime())
  const row = ({ handle, label, createdAt, joinedAt, lastSeenAt, expiresAt, idleExpiresAt }: ListedSession): [string, Fields] => [
    words.name(handle),
    { label: label ?? null, created: at(createdAt), joined: at(joinedAt), last_seen: at(lastSeenAt), expires: at(expiresAt), idle_expires: at(idleExpiresAt) },
  ]
  return Object.fromEntries(rows.map(row))
}

/** The package's lists tell no ID. */
function undisclosed(rows: Record<string, Fields>): Fields {
  return Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, { ...row, discloses: undefined }]))
}

function placementOf(handle: string): number | undefined {
  return fromBase64url(handle)?.[0]
}
