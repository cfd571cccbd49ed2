/**
 * Moves a Worker's time by an offset that a test sets. Imported before the Worker, so that no `Date` but this one is
 * ever seen by it. Timers and alarms keep to the machine's clock.
 */

import start from './start.json'

const RealDate = Date
const real = Date.now.bind(Date)
let offset = start.offset

/** Sets how far this Worker's clock is ahead of the machine's. @param {number} to */
export function shift(to) {
  offset = to
}

let trap = false

/** Makes the Worker's next look at the clock what a trap of its wasm is: the error that leaves its state in doubt. */
export function trapOnce() {
  trap = true
}

function now() {
  if (trap) {
    trap = false
    throw new WebAssembly.RuntimeError('a trap that a test set')
  }
  return real() + offset
}
RealDate.now = now
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
})
