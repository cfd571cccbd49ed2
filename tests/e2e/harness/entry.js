/**
 * The Worker under test, as it was built, with a second entrypoint that only the harness reaches. workerd runs the
 * entrypoints and Durable Objects of a service in one isolate, so the offset set through {@link Control} is
 * everybody's.
 */

import { WorkerEntrypoint } from 'cloudflare:workers'

import { shift, trapOnce } from './clock.js'
import * as built from './index.js'

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

/** The Worker's own object on a disk that takes every write but the removal of a record: a batch breaks off in its middle. */
export class FragileShard extends (built.SessionShard ?? WorkerEntrypoint) {
  constructor(ctx, env) {
    super(ctx, env)
    ctx.storage.sql.exec(`CREATE TRIGGER IF NOT EXISTS fragile BEFORE DELETE ON entries WHEN old.key LIKE 's:%'
      BEGIN SELECT RAISE(ABORT, 'told to fail'); END`)
  }
}

/** The Worker's own object, but it keeps every record as it was first written, and says that it took the others too. */
export class StubbornShard extends (built.SessionShard ?? WorkerEntrypoint) {
  constructor(ctx, env) {
    super(ctx, env)
    ctx.storage.sql.exec(`CREATE TRIGGER IF NOT EXISTS stubborn BEFORE UPDATE ON entries WHEN old.key LIKE 's:%'
      BEGIN SELECT RAISE(IGNORE); END`)
  }
}
