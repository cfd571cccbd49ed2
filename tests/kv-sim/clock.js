/** The simulator's time: the machine's, moved by an offset that a test sets. */

import start from './start.json'

let offset = start.offset

/** Milliseconds since the Unix epoch, as this simulation sees them. */
export const now = () => Date.now() + offset

/** Moves the clock, and wakes whoever waits for a time that may have come. @param {number} to */
export function shift(to) {
  offset = to
  moved.fire()
}

/** Something that happens in one request and that others wait for. */
class Signal {
  #waiting = new Set()

  fire() {
    for (const wake of this.#waiting) wake()
  }

  /**
   * Waits until the signal fires, or until `ms` have passed. There always is a timer: workerd ends a request that
   * waits for nothing but another request's promise, because to it such a request hangs.
   * @param {number} ms
   */
  async next(ms) {
    let wake
    let timer
    await new Promise((resolve) => {
      wake = resolve
      this.#waiting.add(wake)
      timer = setTimeout(resolve, Math.min(ms, LONGEST_WAIT_MS))
    })
    clearTimeout(timer)
    this.#waiting.delete(wake)
  }
}

const moved = new Signal()
const holding = new Signal()
let held = 0

/**
 * Does something when this clock is `ms` further, whether that time passes or a test moves it.
 * @template T @param {number} ms @param {() => Promise<T>} then @returns {Promise<T>}
 */
export async function hold(ms, then) {
  const due = now() + ms
  held += 1
  holding.fire()
  try {
    while (now() < due) await moved.next(due - now())
    return await then()
  } finally {
    held -= 1
    holding.fire()
  }
}

/** Waits until exactly `count` callers are in {@link hold}. @param {number} count */
export async function untilHeld(count) {
  while (held !== count) await holding.next(LONGEST_WAIT_MS)
}

const LONGEST_WAIT_MS = 60_000
