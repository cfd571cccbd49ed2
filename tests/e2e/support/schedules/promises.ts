/** What is promised, over HTTP, each promise a function of what the clients were told. "After" is for calls that begin then. */

import { userName } from './calls.ts'
import { type Call, type History, type Told, isOk, mark, sessionOf } from './history.ts'
import type { Setting } from './setting.ts'

/** The promise that this answer breaks, in words; null where it breaks none. */
export function brokenBy(told: Told, history: History, setting: Setting): string | null {
  const judge = new Judge(told, history, setting)
  for (const [promise, why] of PROMISES) {
    const because = why(judge)
    if (because !== null) return `${promise}: ${because}`
  }
  return null
}

/** One answer, in the light of all that was told. */
class Judge {
  readonly told: Told
  readonly history: History
  readonly setting: Setting

  constructor(told: Told, history: History, setting: Setting) {
    this.told = told
    this.history = history
    this.setting = setting
  }

  /** The session that this answer lets somebody in to. */
  get letIn(): number | null {
    const { call } = this.told
    return isOk(this.told) && LETS_IN.includes(call.kind) ? sessionOf(call) : null
  }

  /** Whether what was answered then holds for this call, wherever it is made. */
  isBoundBy({ answered }: Told): boolean {
    return this.told.begun > answered + this.setting.bound
  }

  /** What ended a session, and binds this call. */
  ends(session: number): Told[] {
    const { history } = this
    return history.on(session).filter((told) => isEnd(told.call) && isOk(told) && this.isBoundBy(told))
  }

  regenerates(session: number): Told[] {
    return this.history.on(session).filter(({ call, number }) => call.kind === 'regenerate' && number !== this.told.number)
  }

  /** Until when data may be read under an ID that was left. Of several regenerates in KV the last one's grace counts. */
  graceEnds(session: number): number {
    return Math.max(...this.regenerates(session).map((told) => told.answered + graceOf(told.call)))
  }

  /** What revoked all sessions of their user, and binds this call. */
  revokes(session: number): Told[] {
    const { calls } = this.history
    const joined = this.history.joining(session)
    if (!joined) return []
    const theirs = calls.filter(({ call }) => isRevokeAll(call) && call.user === this.history.known(session).user)
    const spares = ({ call }: Told): boolean =>
      call.kind === 'revoke all' && call.spared !== null && this.history.chain(session).includes(call.spared)
    // Two at once leave one marker, which may spare the session, or be of an earlier time.
    const isUndone = (told: Told): boolean =>
      theirs.some((other) => other !== told && other.answered + LATE >= told.begun && (spares(other) || other.begun <= told.begun))
    return theirs.filter(
      (told) => isOk(told) && this.isBoundBy(told) && joined.answered < told.begun && !spares(told) && !isUndone(told),
    )
  }

  /** Whether somebody may have ended it, also under an ID that it came from. */
  isEndangered(session: number): boolean {
    const { history, told } = this
    const user = history.known(session).user
    const chain = history.chain(session)
    return history.calls.some(({ call, number, status }) => {
      if (number === told.number || status === 404) return false
      const on = sessionOf(call)
      if (call.kind === 'regenerate') return on === session
      return isEnd(call) ? on !== null && chain.includes(on) : isRevokeAll(call) && call.user === user
    })
  }

  /** Whether it lives for certain: in KV from V after its creation, and as long as it would without any use. */
  lives(session: number): boolean {
    const { history, setting, told } = this
    const { by } = history.known(session)
    const uses = history.on(session).filter((use) => isOk(use) && use.answered < told.begun)
    const used = setting.store === 'kv' ? [by.begun] : [by, ...uses].map(({ begun }) => begun)
    // Use is recorded by a tenth of the window, after the answer.
    const idle = Math.max(...used) + setting.idle * 0.9 - LATE
    const ends = Math.min(Math.max(idle, by.begun + setting.idle), history.birth(session).begun + setting.absolute)
    return isOk(by) && this.isBoundBy(by) && told.answered < ends && !this.isEndangered(session)
  }
}

const PROMISES: [string, (judge: Judge) => string | null][] = [
  ['an ended session answers nowhere', endedIsEnded],
  ['the old ID of a regenerate dies', regeneratedIsOver],
  ['a logout ends what the session had become', endedWithItsLineage],
  ['revoke-all leaves none but the spared', revokedIsRevoked],
  ['nobody outlives the absolute life', absoluteHolds],
  ['nobody outlives the idle window', idleHolds],
  ['a version is one content', versionIsContent],
  ['no acknowledged write is lost', noWriteIsLost],
  ['nobody sees another’s session', ownSessionOnly],
  ['a live session answers', liveAnswers],
  ['a list shows the user’s live sessions', listIsRight],
]

function endedIsEnded(judge: Judge): string | null {
  const session = judge.letIn
  if (session === null) return null
  const end = judge.ends(session).find((told) => !readsInAnothersGrace(judge, session, told))
  return end ? `call ${end.number} had ended it` : null
}

function regeneratedIsOver(judge: Judge): string | null {
  const session = judge.letIn
  if (session === null) return null
  const left = judge.regenerates(session).find((told) => isOk(told) && judge.isBoundBy(told))
  const isInGrace = judge.told.call.kind === 'read' && judge.told.answered < judge.graceEnds(session)
  return left && !isInGrace ? `call ${left.number} had given it a new ID` : null
}

/** A regenerate that did not see an end, in KV, does not lead out of it. */
function endedWithItsLineage(judge: Judge): string | null {
  if (judge.letIn === null) return null
  for (const session of judge.history.chain(judge.letIn)) {
    const { by, from } = judge.history.known(session)
    const ends = from === null ? [] : judge.ends(from)
    const outrun = ends.find(({ answered }) => by.begun > answered && by.begun < answered + judge.setting.bound)
    if (outrun) return `call ${outrun.number} had ended the ID that it was regenerated from`
  }
  return null
}

function revokedIsRevoked(judge: Judge): string | null {
  if (judge.letIn === null) return null
  const isLogin = judge.told.call.kind === 'regenerate' && judge.told.call.user !== null
  const [revoke] = isLogin ? [] : judge.revokes(judge.letIn)
  return revoke ? `call ${revoke.number} had revoked it` : null
}

function absoluteHolds({ letIn, told, history, setting }: Judge): string | null {
  if (letIn === null) return null
  const born = history.birth(letIn).answered
  return told.begun >= born + setting.absolute ? `it was born at ${born}` : null
}

function idleHolds(judge: Judge): string | null {
  const { letIn, told, history, setting } = judge
  // In grace nothing slides and nothing is checked.
  if (letIn === null || judge.regenerates(letIn).length > 0) return null
  const uses = history.chain(letIn).flatMap((session) => [history.known(session).by, ...history.on(session)])
  const isUse = ({ call, status, number }: Told): boolean => number !== told.number && !isEnd(call) && status !== 404
  const last = Math.max(...uses.filter(isUse).map(({ answered }) => answered))
  return told.begun >= last + setting.idle ? `it was used last at ${last}` : null
}

/** So no touch changes data or label under a version. */
function versionIsContent({ told, history }: Judge): string | null {
  if (!told.seen) return null
  const content = JSON.stringify(told.seen)
  const other = history.calls.find(
    ({ seen, version }) => seen && version === told.version && JSON.stringify(seen) !== content,
  )
  return other ? `call ${other.number} saw the same version with another content` : null
}

/** In Durable Objects: what a patch added is there until all is replaced, and no version comes back. */
function noWriteIsLost({ letIn, told, history, setting }: Judge): string | null {
  if (letIn === null || !told.seen || setting.store === 'kv') return null
  const data = told.seen.data as Record<string, unknown>
  const calls = history.chain(letIn).flatMap((session) => history.on(session))
  const isReplaced = (patch: Told): boolean =>
    calls.some(({ call, answered, status }) => call.kind === 'replace' && status !== 404 && answered >= patch.begun)
  const lost = calls.find(
    (patch) =>
      patch.call.kind === 'patch' && isOk(patch) && patch.answered < told.begun && !(mark(patch) in data) && !isReplaced(patch),
  )
  if (lost) return `what call ${lost.number} wrote is gone`
  const saw = ({ version }: Told): boolean => version === told.version
  const writes = history.on(letIn).filter((write) => isWrite(write.call) && isOk(write) && write.answered < told.begun)
  const replaced = writes.find(
    (write) => !saw(write) && history.on(letIn).some((other) => other.answered < write.begun && saw(other)),
  )
  return replaced ? `call ${replaced.number} had replaced this version` : null
}

function ownSessionOnly({ letIn, told, history }: Judge): string | null {
  if (letIn === null || !told.seen) return null
  const { tag, user } = history.known(letIn)
  const { data, user: shown } = told.seen
  const isOwn = (data as { of?: unknown }).of === tag && shown === (user === null ? null : userName(history, user))
  return isOwn ? null : `it is shown ${JSON.stringify(told.seen)}`
}

function liveAnswers(judge: Judge): string | null {
  const { told } = judge
  const session = told.status === 404 && LETS_IN.includes(told.call.kind) ? sessionOf(told.call) : null
  return session !== null && judge.lives(session) ? 'it is told 404' : null
}

function listIsRight(judge: Judge): string | null {
  const { told, history } = judge
  if (!told.listed || told.call.kind !== 'list') return null
  for (const [session, { handle, user }] of history.sessions.entries()) {
    const isShown = told.listed.includes(handle)
    if (isShown && user !== told.call.user) return `it shows S${session} of somebody else`
    if (!isShown && user === told.call.user && judge.lives(session)) return `it does not show S${session}`
    const left = judge.regenerates(session).filter((other) => isOk(other) && judge.isBoundBy(other))
    const [ended] = isShown ? [...judge.ends(session), ...judge.revokes(session), ...left] : []
    if (ended) return `it shows S${session}, and call ${ended.number} had ended it`
  }
  return null
}

/** In KV an end that sees one regenerate may miss another one's grace (DESIGN.md, "What KV does not promise"). */
function readsInAnothersGrace(judge: Judge, session: number, end: Told): boolean {
  const { bound } = judge.setting
  const met = judge.regenerates(session).filter(({ begun }) => begun < end.answered + bound)
  const isRead = met.some(({ call, answered }) => graceOf(call) > 0 && judge.told.begun < answered + graceOf(call) + bound)
  return bound > 0 && met.length > 1 && isRead
}

const isEnd = ({ kind }: Call): boolean => kind === 'end' || kind === 'revoke one'

const isRevokeAll = (call: Call): call is Call & { kind: 'erase' | 'revoke all' } =>
  call.kind === 'erase' || call.kind === 'revoke all'

const isWrite = ({ kind }: Call): boolean => kind === 'patch' || kind === 'replace'

const graceOf = (call: Call): number => (call.kind === 'regenerate' ? call.grace * 1_000 : 0)

const LETS_IN = ['patch', 'read', 'regenerate', 'replace']
/** Milliseconds that a write may be on its way. */
const LATE = 10_000
