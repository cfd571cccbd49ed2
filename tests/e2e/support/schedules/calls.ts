/** The calls that clients make: what they might want, how it is asked over HTTP, and what they make of the answer. */

import * as api from '../api.ts'
import type { Chance } from './chance.ts'
import { type Call, type History, type Told, isOk, mark, sessionOf } from './history.ts'

/** What a client might want next: mostly with a session that others use, too. */
export function drawn(history: History, chance: Chance): Call {
  const count = history.sessions.length
  const user = chance.weighted([3, 0], [1, 1])
  if (count === 0 || chance.oneIn(8)) return { kind: 'create', user: chance.oneIn(4) ? null : user }
  const session = count - 1 - chance.below(chance.oneIn(4) ? count : Math.min(count, 3))
  const owner = history.known(session).user ?? user
  return chance.weighted<Call>(
    [36, { kind: 'read', session, strict: chance.oneIn(8) }],
    [8, { kind: 'patch', session }],
    [8, { kind: 'replace', session, label: chance.of([null, 'phone', 'desk']) }],
    [12, { kind: 'regenerate', session, grace: chance.of([0, 0, 10, 60]), user: chance.oneIn(4) ? user : null }],
    [14, { kind: 'end', session }],
    [6, { kind: 'revoke one', session, user: chance.oneIn(4) ? user : owner }],
    [5, { kind: 'list', user }],
    [4, { kind: 'revoke all', user: owner, spared: chance.oneIn(2) ? session : null }],
    [2, { kind: 'erase', user }],
  )
}

/** Makes the call, and tells the history what came of it. */
export async function make(call: Call, at: api.Api, now: () => number, history: History, told: Told): Promise<void> {
  const answer = await at.send(asked(call, history, told))
  told.answered = now()
  told.status = answer.status
  if (isOk(told)) understand(told, answer, history)
}

/** The users' names, which no other schedule has. */
export const userName = (history: History, user: number): string => `${history.name}-${user}`

function asked(call: Call, history: History, told: Told): api.Call {
  const id = (session: number): string => history.known(session).id
  const user = (number: number): string => userName(history, number)
  switch (call.kind) {
    case 'create':
      return api.create({ data: { of: tagOf(told) }, ...(call.user === null ? {} : { user: user(call.user) }) })
    case 'end':
      return api.end(id(call.session))
    case 'erase':
      return api.erase(user(call.user))
    case 'list':
      return api.list(user(call.user))
    case 'patch':
      return api.patch(id(call.session), { data: { [mark(told)]: 1 } })
    case 'read':
      return api.read(id(call.session), call.strict ? { headers: { Strict: 'true' } } : {})
    case 'regenerate': {
      const login = call.user === null ? {} : { user: user(call.user) }
      return api.regenerate(id(call.session), { grace: `${call.grace}s`, ...login })
    }
    case 'replace': {
      const data = { of: history.known(call.session).tag, [mark(told)]: 1 }
      return api.replace(id(call.session), { data, label: call.label })
    }
    case 'revoke all': {
      const spared = call.spared === null ? {} : { session: id(call.spared) }
      return api.revokeAll(user(call.user), spared)
    }
    case 'revoke one':
      return api.revokeOne(user(call.user), history.known(call.session).handle)
  }
}

function understand(told: Told, answer: api.Answer, history: History): void {
  const { call } = told
  if (call.kind === 'create' || call.kind === 'regenerate') {
    const { id, handle, version } = answer.body as api.Created
    const from = sessionOf(call)
    const elder = from === null ? null : history.known(from)
    told.version = version
    const user = call.user ?? elder?.user ?? null
    history.sessions.push({ id, handle, tag: elder?.tag ?? tagOf(told), by: told, from, user })
  } else if (call.kind === 'read') {
    const { version, data, user, label } = answer.body as api.Session
    told.version = version
    told.seen = { data, user, label }
  } else if (call.kind === 'patch' || call.kind === 'replace') {
    told.version = (answer.body as api.Written).version
  } else if (call.kind === 'list') {
    told.listed = (answer.body as api.UserSessions).sessions.map(({ handle }) => handle)
  }
}

const tagOf = ({ number }: Told): string => `c${number}`

