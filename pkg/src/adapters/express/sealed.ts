// Without an import of express-session, which those who use @fastify/session have not: they get this file as
// 'sealed-session/fastify'. What a store for express-session inherits is either here (a few lines) or left to the wrapped
// store's own base class (the objects `Session` and `Cookie`).
import { EventEmitter } from 'node:events';

import { seconds } from '../../duration.ts';
import { SealedSessionError } from '../../errors.ts';
import * as json from '../../json.ts';
import type { Duration, Keys } from '../../types.ts';
import { type MigrateFrom, type Migration, migration } from '../migration.ts';
import { BoundSessions } from './bound-sessions.ts';
import { ask, type Callback, settle } from './callback.ts';
import type { InnerStore, SessionOf, Stored } from './inner-store.ts';

export interface SealedOptions {
  /** With a lookup key (`slk1_…`): express-session's and @fastify/session's IDs are foreign ones. */
  keys: Keys | undefined;
  /** Tenants share keys and a store, and read nothing of each other. */
  tenant?: string | undefined;
  /** How long a session lives, however often it is saved: 7 d. Only a new ID (`regenerate`) starts it anew. */
  absolute?: Duration | undefined;
  /**
   * Sessions that the store kept in plain before it was wrapped, under their own IDs, are still read until a date: each is
   * sealed when it is first used, and its plain value deleted. **Read at `MigrateFrom` what a writer of the store can do
   * meanwhile**; a reader of the store finds the IDs of those that nobody has used yet. A session with a field `sealed`
   * that is a text is not taken for a plain one.
   */
  migrateFrom?: MigrateFrom | undefined;
  /** Unix milliseconds. */
  now?: (() => number) | undefined;
}

/**
 * Seals what any store for express-session or @fastify/session keeps.
 *
 * The inner store sees the session's handle as its ID, and as the session `{ cookie, sealed }`. A value opens under its own
 * ID alone: whoever copies the store, even with the keys, reads nothing without the cookies, and a value that is put under
 * another ID is a miss. The cookie's attributes stay in the clear, because stores compute their TTL from them; they hold
 * neither ID nor data, and but for `expires`, which a touch moves, the sealed ones are what counts. TTL, touch and destroy
 * are the inner store's.
 *
 * A value that does not open is a miss, never an error; so is one from before the store was sealed, without `migrateFrom`. What cannot be sealed
 * is an error, and is not written. `all` and `ids` are not there, since only handles are known; `length` and `clear` are
 * where the inner store has them.
 *
 * @throws {SealedSessionError} `missing_keys` and the like, `invalid_field` for `absolute`.
 *
 * @example
 * app.use(session({
 *   store: sealed(new RedisStore({ client }), { keys: process.env.SESSION_KEYS }),
 *   secret: process.env.COOKIE_SECRET, resave: false, saveUninitialized: false,
 * }));
 */
export function sealed<S extends InnerStore>(store: S, options: SealedOptions): WrappedStore<SessionOf<S>> {
  return new WrappedStore(store, options);
}

/** What is known of a session object that was loaded or saved here. */
interface Origin {
  sid: string;
  handle: string;
  until: number;
  stored: Stored;
}

/** What `sealed` returns. */
export class WrappedStore<T = any> extends EventEmitter {
  /** Where the inner store has it. */
  declare touch?: (sid: string, session: T, callback?: (error?: any) => void) => void;
  /** Where the inner store has it. */
  declare length?: (callback: Callback<number>) => void;
  /** Where the inner store has it. */
  declare clear?: (callback?: (error?: any) => void) => void;
  /** express-session's middleware sets it: a new session for a request. */
  declare generate: (request: any) => void;

  readonly #inner: InnerStore;
  readonly #sessions: BoundSessions;
  readonly #absolute: number;
  readonly #migration: Migration | undefined;
  readonly #now: () => number;
  readonly #origins = new WeakMap<object, Origin>();

  constructor(inner: InnerStore, { keys, tenant = 'default', absolute = '7d', migrateFrom, now = Date.now }: SealedOptions) {
    super();
    this.#inner = inner;
    this.#sessions = new BoundSessions(keys, tenant);
    this.#absolute = seconds(absolute, 'absolute');
    this.#migration = migration(migrateFrom);
    this.#now = now;
    if (this.#absolute === 0) throw new SealedSessionError('invalid_field', { field: 'absolute' });

    if (inner.touch) this.touch = (sid, session, callback) => settle(this.#touch(sid, session as T & object), callback);
    if (inner.length) this.length = (callback) => settle(ask<number>((done) => inner.length?.(done)), callback);
    if (inner.clear) this.clear = (callback) => settle(ask((done) => inner.clear?.(done)), callback);
    for (const event of ['connect', 'disconnect']) inner.on?.(event, (...values) => this.emit(event, ...values));
  }

  get(sid: string, callback: Callback<T | null>): void {
    settle(this.#get(sid), callback);
  }

  set(sid: string, session: T, callback?: (error?: any) => void): void {
    settle(this.#set(sid, session as T & object), callback);
  }

  destroy(sid: string, callback?: (error?: any) => void): void {
    settle(this.#destroy(sid), callback);
  }

  /** As in express-session: the old session is destroyed, and the request gets a new one. */
  regenerate(request: any, callback: (error?: any) => any): void {
    this.destroy(request.sessionID, (error) => {
      this.generate(request);
      callback(error);
    });
  }

  /** As in express-session: the session as the object that its requests get. */
  load(sid: string, callback: (error: any, session?: any) => any): void {
    this.get(sid, (error, session) => {
      if (error || !session) callback(error);
      else callback(null, this.createSession({ sessionID: sid, sessionStore: this }, session));
    });
  }

  /** The inner store's own, which makes the request's object of a session and keeps nothing. */
  createSession(request: any, session: T): any {
    if (!this.#inner.createSession) throw new SealedSessionError('invalid_option', { field: 'store' });
    const created = this.#inner.createSession(request, session);
    const origin = this.#origins.get(session as object);
    if (origin) this.#origins.set(created, origin);
    return created;
  }

  async #get(sid: string): Promise<T | null> {
    const handle = this.#sessions.handleIfAny(sid);
    if (handle === undefined) return null;
    const found = await this.#look(sid, handle);
    const session = found === undefined ? await this.#migrate(sid) : found.session;
    return session === undefined ? null : (session as T);
  }

  /** A session that is kept in plain, sealed from now on. */
  async #migrate(sid: string): Promise<object | undefined> {
    const session = await this.#plain(sid);
    if (session === undefined) return undefined;
    await this.#set(sid, session as T & object);
    await ask((done) => this.#inner.destroy(sid, done));
    this.#migration?.count();
    return session;
  }

  /** What is kept in plain under an ID, while that is asked for. */
  async #plain(sid: string): Promise<object | undefined> {
    if (!this.#migration?.isOn(this.#now())) return undefined;
    const found = await ask<unknown>((done) => this.#inner.get(sid, done)).catch(noEntry);
    return isPlain(found) ? found : undefined;
  }

  async #set(sid: string, session: T & object): Promise<void> {
    const known = this.#origin(sid, session);
    const handle = known?.handle ?? this.#sessions.handle(sid);
    const plain = json.stringify(session);
    const { cookie } = session as { cookie?: unknown };
    // A session that nobody loaded here may still be an old one (@fastify/session copies what it loads into an object of
    // its own), and its deadline must outlive this write. Only who deletes the value in the middle of a request gets around
    // that, and gets no other session by it than the one of that request's cookie.
    const origin = known ?? (await this.#look(sid, handle));
    const until = origin?.until ?? Math.ceil(this.#now() / 1000 + this.#absolute);
    // It ended while its request was under way.
    if (until <= this.#second()) return this.#destroy(sid);
    const stored: Stored = { cookie, sealed: this.#sessions.seal(sid, plain, until) };
    await ask((done) => this.#inner.set(handle, stored, done));
    this.#origins.set(session, { sid, handle, until, stored });
  }

  async #touch(sid: string, session: T & object): Promise<void> {
    const known = this.#origin(sid, session);
    const handle = known?.handle ?? this.#sessions.handleIfAny(sid);
    if (handle === undefined) return;
    const { stored } = known ?? (await this.#look(sid, handle)) ?? {};
    if (stored === undefined) return;
    // With what the inner store kept there, its own additions included: some read these in a touch (connect-mongo's
    // `lastModified`), some write the value again.
    const { cookie } = session as { cookie?: unknown };
    await ask((done) => this.#inner.touch?.(handle, { ...stored, cookie }, done));
  }

  async #destroy(sid: string): Promise<void> {
    const handle = this.#sessions.handleIfAny(sid);
    if (handle === undefined) return;
    await ask((done) => this.#inner.destroy(handle, done));
    if ((await this.#plain(sid)) !== undefined) await ask((done) => this.#inner.destroy(sid, done));
  }

  #origin(sid: string, session: object): Origin | undefined {
    const origin = this.#origins.get(session);
    return origin?.sid === sid ? origin : undefined;
  }

  /** What the store has under this ID; without a session where that is over. */
  async #look(sid: string, handle: string): Promise<{ until: number; stored?: Stored; session?: object } | undefined> {
    const stored = await ask<Stored | null>((done) => this.#inner.get(handle, done)).catch(noEntry);
    const opened = this.#sessions.open(sid, stored?.sealed, this.#second());
    if (!stored || opened === undefined) return undefined;
    if (opened === 'expired') return { until: 0 };
    const { until, session } = opened;
    if (session['cookie']) session['cookie'] = moved(session['cookie'], stored.cookie);
    this.#origins.set(session, { sid, handle, until, stored });
    return { until, stored, session };
  }

  #second(): number {
    return Math.floor(this.#now() / 1000);
  }
}

/** The sealed cookie with the `expires` that the store's touch gave to its own. */
function moved(sealed: object, stored: unknown): object {
  const { expires } = sealed as { expires?: unknown };
  const later = (stored as { expires?: unknown } | null | undefined)?.expires;
  const isDate = later instanceof Date || (typeof later === 'string' && !Number.isNaN(Date.parse(later)));
  return expires && isDate ? { ...sealed, expires: later } : sealed;
}

/** Whether a store's session is one, and not what was sealed: under an ID that is another session's handle there may be that. */
function isPlain(found: unknown): found is object {
  if (typeof found !== 'object' || found === null) return false;
  const { cookie, sealed: text } = found as Partial<Stored>;
  return typeof cookie === 'object' && cookie !== null && typeof text !== 'string';
}

/** express-session takes this error of a store for a miss. */
function noEntry(error: unknown): undefined {
  if ((error as { code?: unknown } | null)?.code !== 'ENOENT') throw error;
}
