// What the platform starts. worker-build's entry makes, for each request, an object of a class behind two proxies, which takes
// as long as opening a session. This calls the handler itself, and leaves to that entry what it is there for: after a trap, it
// makes the module anew.

import Entrypoint from './index.js'

export { SessionShard } from './shard.js'

/** worker-build's note of a trap. @type {{ criticalError: boolean }} */
const { __worker_init_state: state } = globalThis
const handle = Entrypoint.prototype.fetch

export default {
  fetch(request, env, ctx) {
    if (state.criticalError) Reflect.construct(Entrypoint, [ctx, env])
    return handle.call({ env, ctx }, request)
  },
}

// The platform's goes through C++ and back, twice a request: whenever a future wakes. An exception is told as it is there.
const settled = Promise.resolve()
globalThis.queueMicrotask = (task) => void settled.then(task).catch(reportError)
