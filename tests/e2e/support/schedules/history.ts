/** What the clients asked and were told, and when. Nothing here knows what is stored, or how the rules work. */

/** One call. Sessions are numbers; users are two, `0` and `1`. */
export type Call =
  | { kind: 'create'; user: number | null }
  | { kind: 'end'; session: number }
  | { kind: 'erase'; user: number }
  | { kind: 'list'; user: number }
  | { kind: 'patch'; session: number }
  | { kind: 'read'; session: number; strict: boolean }
  | { kind: 'regenerate'; session: number; grace: number; user: number | null }
  | { kind: 'replace'; session: number; label: string | null }
  | { kind: 'revoke all'; user: number; spared: number | null }
  | { kind: 'revoke one'; user: number; session: number }

/** A session as the clients know it: one ID. */
export interface Known {
  id: string
  handle: string
  /** What its data says, and the data of what it came from. */
  tag: string
  /** The call that made it. */
  by: Told
  /** The session that it was regenerated from. */
  from: number | null
  /** Whose it is. An ID never changes its user here: who logs in gets a new one. */
  user: number | null
}

/** One call. Times are the stack's, in milliseconds. */
export interface Told {
  number: number
  call: Call
  place: string
  begun: number
  /** When it was answered; infinite while it waits. */
  answered: number
  status: number
  /** The version that it wrote or read. */
  version?: string
  /** What a read shows. */
  seen?: { data: unknown; user: string | null; label: string | null }
  /** The handles that a list shows. */
  listed?: string[]
}

export class History {
  /** What keeps its users apart from those of other schedules. */
  readonly name: string
  readonly sessions: Known[] = []
  readonly calls: Told[] = []

  constructor(name: string) {
    this.name = name
  }

  /** This session, the one that it was regenerated from, and so on. */
  chain(session: number): number[] {
    const from = this.known(session).from
    return [session, ...(from === null ? [] : this.chain(from))]
  }

  /** All calls that were made under this ID. */
  on(session: number): Told[] {
    return this.calls.filter((told) => sessionOf(told.call) === session)
  }

  /** The call that began the session's life: its creation, or a login since. */
  birth(session: number): Told {
    const makers = this.chain(session).map((elder) => this.known(elder).by)
    return makers.find(({ call }) => call.kind === 'create' || isLogin(call)) as Told
  }

  /** The call by which it became its user's. */
  joining(session: number): Told | undefined {
    const makers = this.chain(session).map((elder) => this.known(elder).by)
    return makers.find(({ call }) => (call.kind === 'create' && call.user !== null) || isLogin(call))
  }

  known(session: number): Known {
    const known = this.sessions[session]
    if (!known) throw new RangeError(`there is no session ${session}`)
    return known
  }
}

export const sessionOf = (call: Call): number | null => ('session' in call ? call.session : null)

export const isOk = ({ status }: Told): boolean => status >= 200 && status < 300

const isLogin = (call: Call): boolean => call.kind === 'regenerate' && call.user !== null

/** What the data of a session holds that this patch wrote. */
export const mark = ({ number }: Told): string => `by${number}`
