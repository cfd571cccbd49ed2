/** The shape of rules.json; tests/vectors/README.md explains it. */

export interface File {
  tenant: string
  keyring: string
  older_keyring: string
  unknown_keyring: string
  limits: LimitsForm
  stores: Record<string, { eventual?: { visibility: string } }>
  sessions: Record<string, string>
  foreign: Record<string, string>
  users: string[]
  values: Record<string, Fields>
  cases: Case[]
}

export interface Case {
  name: string
  store: string
  limits?: LimitsForm
  given?: Record<string, Value | null>
  before?: Before[]
  now: string
  call: Call
  steps?: StepForm[]
  answer: Answer
  later?: ChangeForm[]
}

export interface LimitsForm {
  idle?: string
  absolute?: string
  longest?: string
  max_data?: number
  max_sessions_per_user?: number
}

export type Fields = Record<string, unknown>
export type Value = string | Fields

export interface Before {
  at: string
  until?: string
  call: Call
  later?: string
}

/** One call by its name, with its arguments. */
export type Call = Record<string, Arguments>

export interface Arguments {
  id?: string
  under?: string
  placement?: number
  discloses_id?: boolean
  keeps_unchanged?: boolean
  user?: string | null
  session?: string
  spared?: string
  label?: string | null
  data?: unknown
  data_text?: string
  idle?: string
  absolute?: string
  grace?: string
  only?: string
  strict?: boolean
  after?: string
  limit?: number
}

export interface StepForm {
  get?: string[]
  apply?: ChangeForm[]
  apply_each?: ChangeForm[][]
  list?: string
  limit?: number
  after?: string | null
  when?: Record<string, string>
  not_after?: string
  meanwhile?: Record<string, Value | null>
  reply?: 'conflict' | 'failed' | 'too_late'
  at?: string
}

export interface ChangeForm {
  put?: string
  delete?: string
  value?: Value
  expires?: string
}

export type Answer = Record<string, unknown>
