import type { Session, SessionData } from 'express-session';
import { Store } from 'express-session';
import { setTimeout as sleep } from 'node:timers/promises';

import { optionalSeconds, seconds } from '../../duration.ts';
import { isSealedSessionError, SealedSessionError } from '../../errors.ts';
import type { Duration, Sessions, WriteOptions } from '../../types.ts';
import { absentOrThrow, overOrThrow } from '../absence.ts';
import { type Callback, settle } from './callback.ts';
import { type CookieLike, isOver, maxAgeOf, revived } from './cookie.ts';
import { difference, type Fields, fieldsOf, kept, patched } from './fields.ts';
import { within } from './unavailable.ts';

export interface SealedStoreOptions<T extends object = Record<string, unknown>> {
  /** Whose session it is, by what it holds, or nobody's: `(session) => session.passport?.user`. Looked at in every save. */
  user?: ((session: SessionData & T) => string | null | undefined) | undefined;
  /** The idle window of sessions whose cookie has no `maxAge`; where nothing is said, the sessions' own. */
  ttl?: Duration | undefined;
  /** The absolute life of new sessions; where nothing is said, the sessions' own. An idle window is clipped to it. */
  absolute?: Duration | undefined;
  /** How long a call may take: 5 s. */
  timeout?: Duration | undefined;
}

/** What a session object was when it was loaded or last saved. */
interface Origin {
  sid: string;
  version: string;
  user: string | undefined;
  maxAge: number | undefined;
  fields: Fields;
}

/**
 * A store for express-session over the session rules, in this process (`sessions`) or in the Worker (`remoteSessions`).
 *
 * - Loading a session slides its idle window, so a touch costs no call. The window is the cookie's `maxAge`, or `ttl`.
 * - Saving replaces the version that was loaded, and creates only what was not. So a request that is late does not bring
 *   back a session that ended meanwhile: it is told that all went well, and nothing is written. Where another request saved
 *   in between, only the top-level fields that this one changed are written. What nobody changed is not written, whatever
 *   `resave` says.
 * - With `user`, sessions are their users' (`sessions.user(id)`), from the save on in which `user` says so.
 * - While the sessions' store is down, requests get an error with `status` 503.
 *
 * express-session chooses the IDs (24 random bytes), so they are foreign ones: the keys need a lookup key. IDs of the
 * sessions' own (`generateSessionId`) are never chosen by a caller, and not for `genid`. `all` and `ids` are not there,
 * since only handles are known; nor are `length` and `clear`, since sessions are listed by their users alone.
 *
 * A cookie whose `maxAge` is longer than the sessions' absolute life (7 d) needs `absolute`: else saving is
 * `invalid_lifetime`. For @fastify/session, which copies what it loads, this is not the store: wrap one with `sealed`.
 *
 * @example
 * app.use(session({
 *   store: new SealedStore(sessions({ keys: process.env.SESSION_KEYS, store: memoryStore() }), {
 *     user: (session) => session.passport?.user,
 *   }),
 *   secret: process.env.COOKIE_SECRET, resave: false, saveUninitialized: false,
 * }));
 */
export class SealedStore<T extends object = Record<string, unknown>> extends Store {
  readonly #sessions: Sessions<Record<string, unknown>>;
  readonly #user: SealedStoreOptions<T>['user'];
  readonly #ttl: number | undefined;
  readonly #absolute: number | undefined;
  readonly #timeout: number;
  readonly #origins = new WeakMap<object, Origin>();

  constructor(sessions: Sessions<T>, { user, ttl, absolute, timeout = 5 }: SealedStoreOptions<T> = {}) {
    super();
    this.#sessions = sessions as Sessions<object> as Sessions<Record<string, unknown>>;
    this.#user = user;
    this.#ttl = optionalSeconds(ttl, 'ttl');
    this.#absolute = optionalSeconds(absolute, 'absolute');
    this.#timeout = seconds(timeout, 'timeout');
    if (this.#timeout < 1 || this.#timeout > MOST_TIMEOUT) throw new SealedSessionError('invalid_field', { field: 'timeout' });
  }

  /** The session, or nothing. Slides its idle window. */
  override get(sid: string, callback: Callback<SessionData | null>): void {
    settle(this.#within((signal) => this.#read(sid, signal)), callback);
  }

  /** Saves a session; one whose cookie is over ends. */
  override set(sid: string, session: SessionData, callback?: Callback): void {
    settle(this.#within((signal) => this.#save(sid, session, signal)), callback);
  }

  /** Ends a session. No save that is still under way revives it. */
  override destroy(sid: string, callback?: Callback): void {
    settle(this.#within((signal) => this.#end(sid, signal)), callback);
  }

  /** Nothing, since loading has slid the idle window; a save where the cookie's `maxAge` is another than it was. */
  override touch(sid: string, session: SessionData, callback?: Callback): void {
    const origin = this.#origin(sid, session);
    if (origin === undefined || origin.maxAge === maxAgeOf(session.cookie)) settle(Promise.resolve(), callback);
    else this.set(sid, session, callback);
  }

  /** The request's object for a session; it is from the version that the session was. */
  override createSession(request: Parameters<Store['createSession']>[0], session: SessionData): Session & SessionData {
    const origin = this.#origins.get(session);
    const created = super.createSession(request, session);
    // Its cookie has defaults now for what was not kept; these are nobody's change.
    if (origin) this.#origins.set(created, { ...origin, fields: new Map([...origin.fields, ...cookieField(created)]) });
    return created;
  }

  async #read(sid: string, signal: AbortSignal): Promise<SessionData | null> {
    const found = await this.#sessions.read(sid, { signal }).catch(absentOrThrow);
    if (found === undefined) return null;
    const session = { ...found.data, cookie: revived(found.data['cookie']) } as unknown as SessionData;
    this.#remember(sid, session, fieldsOf(session), found);
    return session;
  }

  async #save(sid: string, session: SessionData, signal: AbortSignal): Promise<void> {
    if (isOver(session.cookie)) return this.#end(sid, signal);
    const origin = this.#origin(sid, session);
    // Taken before anything is waited for: the session may change in the meantime, and that is for the next save.
    const fields = fieldsOf(session);
    const user = this.#userOf(session, origin);
    const saved = await (origin === undefined
      ? this.#create(sid, session, user, signal)
      : this.#rewrite(sid, session, origin, fields, user, signal)
    ).catch(overOrThrow);
    // Behind a patch the session holds what this object does not: the next save must meet a conflict again.
    const version = saved?.version ?? origin?.version;
    if (version !== undefined) this.#remember(sid, session, fields, { version, user });
  }

  async #create(sid: string, session: SessionData, user: string | undefined, signal: AbortSignal): Promise<{ version: string }> {
    const [idle, absolute] = [this.#idle(session.cookie), this.#absolute];
    return this.#sessions.create({ id: sid, data: kept(session), user, idle, absolute, signal }).catch(explained);
  }

  /** Writes what changed; answers the version where the session now is what this object is. */
  async #rewrite(
    sid: string,
    session: SessionData,
    origin: Origin,
    fields: Fields,
    user: string | undefined,
    signal: AbortSignal,
  ): Promise<{ version: string } | undefined> {
    const changes = difference(origin.fields, fields);
    const isTheirs = user === origin.user;
    if (changes.size === 0 && isTheirs) return undefined;
    const options: WriteOptions = { signal };
    if (!isTheirs) options.user = user ?? null;
    if (maxAgeOf(session.cookie) !== origin.maxAge) options.idle = this.#idle(session.cookie);
    try {
      return await this.#sessions.replace(sid, kept(session), { ...options, version: origin.version }).catch(explained);
    } catch (error) {
      if (!isSealedSessionError(error, 'version_conflict')) throw error;
    }
    await this.#patch(sid, changes, options, signal);
    return undefined;
  }

  /** Makes the changes to whatever the session is now; as often as others are quicker, while there is time. */
  async #patch(sid: string, changes: ReadonlyMap<string, string | undefined>, options: WriteOptions, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries++) {
      const current = await this.#sessions.read(sid, { signal });
      if (current === undefined) return;
      const { data, version } = current;
      try {
        await this.#sessions.replace(sid, patched(data, changes), { ...options, version }).catch(explained);
        return;
      } catch (error) {
        if (!isSealedSessionError(error, 'version_conflict')) throw error;
      }
      await sleep(Math.random() * PAUSE * tries, undefined, { signal });
    }
  }

  async #end(sid: string, signal: AbortSignal): Promise<void> {
    await this.#sessions.end(sid, { signal }).catch(absentOrThrow);
  }

  #within<R>(work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    return within(this.#timeout, work);
  }

  #origin(sid: string, session: object): Origin | undefined {
    const origin = this.#origins.get(session);
    return origin?.sid === sid ? origin : undefined;
  }

  #remember(sid: string, session: SessionData, fields: Fields, { version, user }: Pick<Origin, 'version' | 'user'>): void {
    this.#origins.set(session, { sid, version, user, maxAge: maxAgeOf(session.cookie), fields });
  }

  #userOf(session: SessionData, origin: Origin | undefined): string | undefined {
    if (this.#user === undefined) return origin?.user;
    const user = this.#user(session as SessionData & T) ?? undefined;
    if (user !== undefined && typeof user !== 'string') throw new SealedSessionError('invalid_field', { field: 'user' });
    return user;
  }

  /** Seconds; browsers count in seconds, too. */
  #idle(cookie: CookieLike | undefined): number | undefined {
    const maxAge = maxAgeOf(cookie);
    const idle = maxAge === undefined ? this.#ttl : Math.ceil(maxAge / 1000);
    return idle === undefined ? undefined : Math.min(idle, this.#absolute ?? idle);
  }
}

function cookieField(session: SessionData): [string, string][] {
  const cookie = fieldsOf({ cookie: session.cookie }).get('cookie');
  return cookie === undefined ? [] : [['cookie', cookie]];
}

/** Which of express-session's settings a lifetime comes from. */
function explained(error: unknown): never {
  if (!isSealedSessionError(error, 'invalid_lifetime')) throw error;
  throw new SealedSessionError('invalid_lifetime', {
    message: "Cannot save session: its cookie's maxAge, ttl or absolute is shorter or longer than the sessions allow",
    field: error.field,
  });
}

/** Milliseconds. */
const PAUSE = 10;
/** Seconds: nobody waits for a page that long. */
const MOST_TIMEOUT = 600;
