import { optionalSeconds, seconds } from '../../duration.ts';
import { isSealedSessionError, SealedSessionError } from '../../errors.ts';
import * as json from '../../json.ts';
import type { Duration, Sessions, WriteOptions } from '../../types.ts';
import { absentOrThrow, overOrThrow } from '../absence.ts';
import { difference, withDifference } from '../difference.ts';
import { within } from '../express/unavailable.ts';
import type { Kept, KoaStore, StoreOptions } from './store.ts';

export interface SealedStoreOptions<T extends object = Record<string, unknown>> {
  /** Whose session it is, by what it holds, or nobody's: `(session) => session.user`. Looked at in every save. */
  user?: ((session: T) => string | null | undefined) | undefined;
  /** The idle window of sessions whose `maxAge` is `'session'`; where nothing is said, the sessions' own. */
  ttl?: Duration | undefined;
  /** The absolute life of new sessions; where nothing is said, the sessions' own. An idle window is clipped to it. */
  absolute?: Duration | undefined;
  /** How long a call may take: 5 s. */
  timeout?: Duration | undefined;
}

/** What a session was when a request loaded or last saved it. */
interface Origin {
  key: string;
  version: string;
  user: string | undefined;
  maxAge: unknown;
  /** Its JSON. */
  seen: string;
}

/**
 * A store for koa-session over the session rules, in this process (`sessions`) or in the Worker (`remoteSessions`).
 *
 * - Saving replaces the version that the request loaded, and creates only what was not. So a request that is late does not
 *   bring back a session that ended meanwhile: it is told that all went well, and nothing is written. Where another request
 *   saved in between, only the top-level fields that this one changed are written.
 * - With `user`, sessions are their users' (`sessions.user(id)`), from the save on in which `user` says so.
 * - While the sessions' store is down, requests get an error with `status` 503.
 *
 * koa-session chooses the IDs (random UUIDs), so they are foreign ones: the keys need a lookup key. Call
 * `ctx.session.regenerate()` at login. A `maxAge` longer than the sessions' absolute life (7 d) needs `absolute`: else saving
 * is `invalid_lifetime`. `rolling` and `renew` write whenever they set the cookie.
 *
 * @example
 * const store = new SealedStore(sessions({ keys: process.env.SESSION_KEYS, store: memoryStore() }), {
 *   user: (session) => session.user,
 * });
 * app.use(session({ store, maxAge: 86_400_000 }, app));
 */
export class SealedStore<T extends object = Record<string, any>> implements KoaStore {
  readonly #sessions: Sessions<Kept>;
  readonly #user: SealedStoreOptions<T>['user'];
  readonly #ttl: number | undefined;
  readonly #absolute: number | undefined;
  readonly #timeout: number;
  /** By request: koa-session hands a store another object than it got from it. */
  readonly #origins = new WeakMap<object, Origin>();

  constructor(sessions: Sessions<T>, { user, ttl, absolute, timeout = 5 }: SealedStoreOptions<T> = {}) {
    this.#sessions = sessions as Sessions<object> as Sessions<Kept>;
    this.#user = user;
    this.#ttl = optionalSeconds(ttl, 'ttl');
    this.#absolute = optionalSeconds(absolute, 'absolute');
    this.#timeout = seconds(timeout, 'timeout');
    if (this.#timeout < 1 || this.#timeout > MOST_TIMEOUT) throw new SealedSessionError('invalid_field', { field: 'timeout' });
  }

  /** The session, or nothing. */
  async get(key: string, _maxAge?: unknown, { ctx }: StoreOptions = {}): Promise<Kept | undefined> {
    const found = await within(this.#timeout, async (signal) => this.#sessions.read(key, { signal }).catch(absentOrThrow));
    if (found === undefined) return undefined;
    const { data, version, user } = found;
    if (ctx) this.#origins.set(ctx, { key, version, user, maxAge: data['_maxAge'], seen: json.stringify(data) });
    return data;
  }

  /** Saves a session. `maxAge` is in milliseconds, or `'session'`. */
  async set(key: string, session: Kept, maxAge?: unknown, { ctx }: StoreOptions = {}): Promise<void> {
    const known = ctx === undefined ? undefined : this.#origins.get(ctx);
    const origin = known?.key === key ? known : undefined;
    const seen = json.stringify(session);
    const user = this.#userOf(session, origin);
    const idle = this.#idle(maxAge);
    const saved = await within(this.#timeout, async (signal) =>
      (origin === undefined
        ? this.#sessions.create({ id: key, data: session, user, idle, absolute: this.#absolute, signal })
        : this.#rewrite(session, origin, { user, idle, signal })
      ).catch(overOrThrow),
    );
    // Behind a merge the session holds what this request does not: its next save must meet a conflict again.
    if (ctx && saved !== undefined) this.#origins.set(ctx, { key, version: saved.version, user, maxAge: session['_maxAge'], seen });
  }

  /** Ends a session. No save that is still under way revives it. */
  async destroy(key: string, { ctx }: StoreOptions = {}): Promise<void> {
    await within(this.#timeout, async (signal) => this.#sessions.end(key, { signal }).catch(absentOrThrow));
    if (ctx) this.#origins.delete(ctx);
  }

  /** Writes what a request made of its session; answers the version where the session now is just that. */
  async #rewrite(session: Kept, origin: Origin, { user, idle, signal }: Rewrite): Promise<{ version: string } | undefined> {
    const { key, version } = origin;
    const options: WriteOptions = { signal };
    if (user !== origin.user) options.user = user ?? null;
    if (session['_maxAge'] !== origin.maxAge) options.idle = idle;
    try {
      return await this.#sessions.replace(key, session, { ...options, version });
    } catch (error) {
      if (!isSealedSessionError(error, 'version_conflict')) throw error;
    }
    const change = difference(JSON.parse(origin.seen), session) ?? { set: session, removed: [] };
    for (let conflicts = 1; ; conflicts++) {
      const latest = await this.#sessions.read(key, { strict: true, signal });
      if (latest === undefined) return undefined;
      const merged = withDifference(latest.data, change) as Kept;
      try {
        await this.#sessions.replace(key, merged, { ...options, version: latest.version });
        return undefined;
      } catch (error) {
        if (!isSealedSessionError(error, 'version_conflict') || conflicts === MOST_CONFLICTS) throw error;
      }
    }
  }

  #userOf(session: Kept, origin: Origin | undefined): string | undefined {
    if (this.#user === undefined) return origin?.user;
    const user = this.#user(session as object as T) ?? undefined;
    if (user !== undefined && typeof user !== 'string') throw new SealedSessionError('invalid_field', { field: 'user' });
    return user;
  }

  /** Seconds. koa-session adds some to its `maxAge`, so that a cookie is over before its session. */
  #idle(maxAge: unknown): number | undefined {
    const idle = typeof maxAge === 'number' ? Math.ceil(maxAge / 1000) : this.#ttl;
    return idle === undefined ? undefined : Math.min(idle, this.#absolute ?? idle);
  }
}

interface Rewrite {
  user: string | undefined;
  idle: number | undefined;
  signal: AbortSignal;
}

/** Each is a write of somebody else to the same session within one of ours. */
const MOST_CONFLICTS = 10;
/** Seconds: nobody waits for a page that long. */
const MOST_TIMEOUT = 600;
