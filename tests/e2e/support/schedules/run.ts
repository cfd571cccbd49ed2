/** One schedule: three clients in two places, calls and pauses drawn from a seed, every answer judged. */

import type { Deployment } from '../deployment.ts'
import { drawn, make } from './calls.ts'
import { Chance } from './chance.ts'
import { type Call, History, type Told, isOk } from './history.ts'
import { brokenBy } from './promises.ts'
import { type Setting, holdSome, makeLate } from './setting.ts'

export interface Ran {
  /** What was broken, with all that happened; null where nothing was. */
  broken: string | null
  /** The kinds of calls that were granted. */
  granted: Call['kind'][]
}

/** Runs the schedule of a seed. */
export async function run(seed: number, deployment: Deployment, setting: Setting): Promise<Ran> {
  return new Schedule(seed, deployment, setting).run()
}

class Schedule {
  readonly #seed: number
  readonly #deployment: Deployment
  readonly #setting: Setting
  readonly #chance: Chance
  readonly #history: History
  readonly #begun: number

  constructor(seed: number, deployment: Deployment, setting: Setting) {
    this.#seed = seed
    this.#deployment = deployment
    this.#setting = setting
    this.#chance = new Chance(seed)
    this.#begun = deployment.stack.now()
    this.#history = new History(`schedule-${seed}-${this.#begun}`)
  }

  async run(): Promise<Ran> {
    const broken = await this.#moves()
    const granted = this.#history.calls.filter(isOk).map(({ call }) => call.kind)
    return { broken: broken === null ? null : this.#report(broken), granted }
  }

  async #moves(): Promise<string | null> {
    const chance = this.#chance
    if (this.#setting.store === 'kv') await makeLate(this.#deployment, this.#setting, chance)
    for (let moves = 15 + chance.below(20); moves > 0; moves -= 1) {
      const broken = await this.#move()
      if (broken !== null) return broken
    }
    return this.#close()
  }

  /** A pause, then one to three clients at once. */
  async #move(): Promise<string | null> {
    const chance = this.#chance
    await this.#deployment.stack.advance(this.#pause())
    if (this.#setting.store === 'kv' && chance.oneIn(4)) {
      await holdSome(this.#deployment, this.#setting, chance.of(PLACES), chance)
    }
    const clients = chance.weighted([6, 1], [3, 2], [1, 3])
    return this.#atOnce(
      Array.from({ length: clients }, (_, client) => ({
        call: drawn(this.#history, chance),
        place: [...PLACES, chance.of(PLACES)][(client + chance.below(3)) % 3] ?? 'a',
      })),
    )
  }

  /** At moments when a bound or a window is over, everything that there is, everywhere. */
  async #close(): Promise<string | null> {
    const { bound, idle } = this.#setting
    const { sessions } = this.#history
    for (const pause of [1_000, bound + 1_000, Math.max(bound, 60_000), idle / 2]) {
      await this.#deployment.stack.advance(pause)
      const last = [...sessions.keys()].slice(-READ_AT_THE_END)
      const reads = last.map((session): Call => ({ kind: 'read', session, strict: false }))
      const calls = [...reads, ...[0, 1].map((user): Call => ({ kind: 'list', user }))]
      for (const place of PLACES) {
        const broken = await this.#atOnce(calls.map((call) => ({ call, place })))
        if (broken !== null) return broken
      }
    }
    return null
  }

  /** Makes these calls side by side. Time passes while something holds them. */
  async #atOnce(calls: { call: Call; place: string }[]): Promise<string | null> {
    const { stack, api } = this.#deployment
    const history = this.#history
    const tolds = calls.map(({ call, place }): Told => {
      const told = { number: history.calls.length, call, place, begun: stack.now(), answered: Infinity, status: 0 }
      history.calls.push(told)
      return told
    })
    let waiting = tolds.length
    const made = Promise.all(
      tolds.map(async (told) => {
        await make(told.call, api.at(told.place), () => stack.now(), history, told)
        waiting -= 1
      }),
    )
    for (let steps = this.#setting.store === 'kv' ? STEPS : 0; steps > 0 && waiting > 0; steps -= 1) {
      await Promise.race([made, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
      if (waiting > 0) await stack.advance(STEP_MS)
    }
    await made
    for (const told of tolds) {
      const broken = brokenBy(told, history, this.#setting)
      if (broken !== null) return `call ${told.number}: ${broken}`
    }
    return null
  }

  /** Mostly moments, so that calls meet; now and then as long as some rule counts. */
  #pause(): number {
    const chance = this.#chance
    const { bound, idle, absolute } = this.#setting
    return chance.weighted(
      [14, chance.below(3_000)],
      [6, 1_000 + chance.below(10_000)],
      [3, chance.below(bound + 1)],
      [2, bound],
      [2, bound * 2 + 20_000],
      [2, chance.below(60_000)],
      [2, idle / 10],
      [1, chance.below(idle)],
      [chance.oneIn(3) ? 1 : 0, chance.below(absolute)],
    )
  }

  #report(broken: string): string {
    const { store, bound, idle, absolute } = this.#setting
    const line = ({ number, place, call, begun, answered, status, version, seen, listed }: Told): string => {
      const [from, to] = [begun, answered].map((at) => ((at - this.#begun) / 1_000).toFixed(3))
      const shown = JSON.stringify({ version, seen, listed: listed && this.#names(listed) })
      return `${from}–${to} s ${place} #${number} ${JSON.stringify(call)} → ${status} ${shown}`
    }
    const head = `${store}, bound ${bound} ms, idle ${idle} ms, absolute ${absolute} ms`
    const again = `To replay: SEED=${this.#seed} STORE=${store} node --test tests/e2e/schedules.test.ts`
    return [broken, head, ...this.#history.calls.map(line), broken, again].join('\n')
  }

  #names(handles: string[]): string[] {
    return handles.map((handle) => `S${this.#history.sessions.findIndex((known) => known.handle === handle)}`)
  }
}

const PLACES: [string, string] = ['a', 'b']
const READ_AT_THE_END = 5
/** Milliseconds of real time after which an answer seems to be held by something that waits for the clock. */
const PATIENCE_MS = 30
/** Milliseconds of the stack's time that pass then. */
const STEP_MS = 1_500
/** How often at most: should the machine be slow, a write must still land within D of its check, which is 10 s. */
const STEPS = 4
