/**
 * What is promised, over HTTP, each promise a function of what the clients were told. "After" is for calls that begin
 * then.
 */

import { userName } from './calls.ts'
import { type Call, type History, type Told, isOk, mark, sessionOf } from './history.ts'
import { Judge, LETS_IN, graceOf, isEnd } from './judge.ts'
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
  const patches = calls.filter((patch) => patch.call.kind === 'patch' && isOk(patch) && patch.answered < told.begun)
  const lost = patches.find((patch) => !(mark(patch) in data) && !isReplaced(patch))
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
  const ends = ({ call, answered }: Told): number => (graceOf(call) > 0 ? answered + graceOf(call) + bound : 0)
  const isRead = met.some((regenerate) => judge.told.begun < ends(regenerate))
  return bound > 0 && met.length > 1 && isRead
}

const isWrite = ({ kind }: Call): boolean => kind === 'patch' || kind === 'replace'
