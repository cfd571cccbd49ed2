/**
 * The Worker under test, as it was built, with a second entrypoint that only the harness reaches. workerd runs the
 * entrypoints and Durable Objects of a service in one isolate, so the offset set through {@link Control} is
 * everybody's.
 */

import { WorkerEntrypoint } from 'cloudflare:workers'

import { shift, trapOnce } from './clock.js'

export * from './index.js'
export { default } from './index.js'

/** `POST` with a number: how many milliseconds this Worker's clock is ahead of the machine's; `POST /trap` for a trap. */
export class Control extends WorkerEntrypoint {
  /** @param {Request} request */
  async fetch(request) {
    if (new URL(request.url).pathname === '/trap') trapOnce()
    else shift(await request.json())
    return new Response(null, { status: 204 })
  }
}
