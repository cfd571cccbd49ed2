/** One answer under judgement: what was told before of the sessions that it is about. */

import { type Call, type History, type Told, isOk, sessionOf } from './history.ts'
import type { Setting } from './setting.ts'

export class Judge {
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
    const others = this.history.on(session).filter(({ number }) => number !== this.told.number)
    return others.filter(({ call }) => call.kind === 'regenerate')
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
      theirs.some((other) => {
        const mayFollow = other !== told && other.answered + LATE >= told.begun
        return mayFollow && (spares(other) || other.begun <= told.begun)
      })
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

export const isEnd = ({ kind }: Call): boolean => kind === 'end' || kind === 'revoke one'

const isRevokeAll = (call: Call): call is Call & { kind: 'erase' | 'revoke all' } =>
  call.kind === 'erase' || call.kind === 'revoke all'

export const graceOf = (call: Call): number => (call.kind === 'regenerate' ? call.grace * 1_000 : 0)

/** Calls that say to a client, where they are granted: this is a session, and you are in it. */
export const LETS_IN = ['patch', 'read', 'regenerate', 'replace']
/** Milliseconds that a write may be on its way. */
const LATE = 10_000
