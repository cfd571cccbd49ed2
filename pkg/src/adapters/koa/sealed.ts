import { seconds } from '../../duration.ts';
import { SealedSessionError } from '../../errors.ts';
import * as json from '../../json.ts';
import type { Duration, Keys } from '../../types.ts';
import { BoundSessions } from '../express/bound-sessions.ts';
import type { Kept, KoaStore, StoreOptions } from './store.ts';

export interface SealedOptions {
  /** With a lookup key (`slk1_…`): koa-session's IDs are foreign ones. */
  keys: Keys | undefined;
  /** Tenants share keys and a store, and read nothing of each other. */
  tenant?: string | undefined;
  /** How long a session lives, however often it is saved: 7 d. Only a new ID (`regenerate`) starts it anew. */
  absolute?: Duration | undefined;
  /** Unix milliseconds. */
  now?: (() => number) | undefined;
}

/**
 * Seals what any store for koa-session keeps. The inner store sees the session's handle as its key, and as the session
 * `{ sealed }`; `maxAge` it gets as before, so its TTL is its own. A value opens under its own ID alone: whoever copies the
 * store, even with the keys, reads nothing without the cookies. What does not open is a miss, never an error; what cannot be
 * sealed is an error, and is not written.
 *
 * @throws {SealedSessionError} `missing_keys` and the like, `invalid_field` for `absolute`.
 *
 * @example
 * app.use(session({ store: sealed(store, { keys: process.env.SESSION_KEYS }) }, app));
 */
export function sealed(inner: KoaStore, { keys, tenant = 'default', absolute = '7d', now = Date.now }: SealedOptions): KoaStore {
  const sessions = new BoundSessions(keys, tenant);
  const life = seconds(absolute, 'absolute');
  if (life === 0) throw new SealedSessionError('invalid_field', { field: 'absolute' });
  /** When the session ends that a request loaded. */
  const deadlines = new WeakMap<object, { key: string; until: number }>();
  const second = () => Math.floor(now() / 1000);

  const look = async (key: string, handle: string, maxAge: unknown, options: StoreOptions | undefined) => {
    const found = (await inner.get(handle, maxAge, options)) as { sealed?: unknown } | null | undefined;
    const opened = sessions.open(key, found?.sealed, second());
    if (opened === undefined) return undefined;
    if (opened === 'expired') return { until: 0 };
    if (options?.ctx) deadlines.set(options.ctx, { key, until: opened.until });
    return opened;
  };

  return {
    async get(key: string, maxAge: unknown, options?: StoreOptions): Promise<Kept | undefined> {
      const handle = sessions.handleIfAny(key);
      const found = handle === undefined ? undefined : await look(key, handle, maxAge, options);
      return found !== undefined && 'session' in found ? (found.session as Kept) : undefined;
    },

    async set(key: string, session: Kept, maxAge: unknown, options?: StoreOptions): Promise<void> {
      const handle = sessions.handle(key);
      const text = json.stringify(session);
      const known = options?.ctx === undefined ? undefined : deadlines.get(options.ctx);
      // Who saves what was not loaded in this request must not prolong it, either.
      const origin = known?.key === key ? known : await look(key, handle, maxAge, options);
      const until = origin?.until ?? Math.ceil(now() / 1000 + life);
      // It ended while its request was under way.
      if (until <= second()) return inner.destroy(handle, options);
      await inner.set(handle, { sealed: sessions.seal(key, text, until) }, maxAge, options);
      if (options?.ctx) deadlines.set(options.ctx, { key, until });
    },

    async destroy(key: string, options?: StoreOptions): Promise<void> {
      const handle = sessions.handleIfAny(key);
      if (handle !== undefined) await inner.destroy(handle, options);
    },
  };
}
