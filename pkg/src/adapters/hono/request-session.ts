import { isSealedSessionError, SealedSessionError } from '../../errors.ts';
import { stringify } from '../../json.ts';
import type { CallOptions, Created, Duration, Ended, Session, Sessions, SessionState } from '../../types.ts';
import { difference, withDifference } from '../difference.ts';

/** What is known of a session besides its data. */
export interface SessionInfo extends SessionState {
  user: string | undefined;
  label: string | undefined;
}

/** What a login says. */
export interface Login<T> {
  /** Who logged in: lifetimes start anew. */
  user?: string | undefined;
  /** What the session holds from now on; what it held where nothing is said. */
  data?: T | undefined;
  /** For how long the old data stays readable under the old ID; at most a minute. */
  grace?: Duration | undefined;
}

/** What a request is told about its session, and where it keeps it. */
export interface RequestParts<T> {
  sessions: () => Sessions<T>;
  /** What the request brought, if it can be an ID. */
  id: string | undefined;
  /** For calls of the store. */
  call: CallOptions;
  /** What a new session shows in its user's list. */
  label: () => string | undefined;
}

/**
 * The session of one request. Nothing is asked of the store before the handler asks for something, and nothing is written
 * where it changed nothing.
 */
export class RequestSession<T> {
  readonly #parts: RequestParts<T>;
  #id: string | undefined;
  #loading: Promise<void> | undefined;
  #stored: Stored<T> | undefined;
  /** What the handler sees, and changes. */
  #data: T | undefined;
  #isSet = false;
  #isTouched = false;
  #isSent = false;
  #cookie: Cookie;

  constructor(parts: RequestParts<T>) {
    this.#parts = parts;
    this.#id = parts.id;
  }

  /** The session's data, or nothing. What you change in it is saved when the handler is done. */
  async get(): Promise<T | undefined> {
    await this.#load();
    return this.#data;
  }

  /** Other data; a new session where there is none. Saved when the handler is done. */
  set(data: T): void {
    this.#isTouched = true;
    this.#isSet = true;
    this.#data = data;
  }

  /** Handle, user, label, version and times, or nothing. */
  async info(): Promise<SessionInfo | undefined> {
    await this.#load();
    return this.#stored?.info;
  }

  /** The token that forms and requests of this session carry against cross-site request forgery, or nothing where there is no session. */
  async csrf(): Promise<string | undefined> {
    await this.#load();
    if (this.#stored === undefined) await this.save();
    return this.#stored?.info.csrf;
  }

  /**
   * A new ID for the session, whose old one dies: at login, and whenever rights change. Where there is no session, or it
   * ended meanwhile, one is started if there is a user or data for it.
   */
  async regenerate({ user, data, grace }: Login<T> = {}): Promise<void> {
    await this.#load();
    this.#refuseIfSent();
    const own = data ?? (this.#isChanged() ? this.#data : undefined);
    if (this.#stored !== undefined && this.#id !== undefined) {
      const { info } = this.#stored;
      try {
        const created = await this.#sessions.regenerate(this.#id, { user, data: own, grace, ...this.#parts.call });
        this.#begin(created, { user: user ?? info.user, label: info.label }, own ?? this.#data);
        return;
      } catch (error) {
        if (!isSealedSessionError(error, 'no_such_session')) throw error;
        // What it held belonged to whoever ended it.
        this.#drop();
        if (user !== undefined || data !== undefined) await this.#start(user, data);
        return;
      }
    }
    if (user !== undefined || own !== undefined) await this.#start(user, own);
  }

  /** Ends the session, and has the browser forget it. Later data start another one. */
  async end(): Promise<Ended> {
    this.#isTouched = true;
    const ended = this.#id === undefined ? { revocationBound: 0 } : await this.#sessions.end(this.#id, this.#parts.call);
    this.#drop();
    return ended;
  }

  /**
   * Writes now what would be written when the handler is done; in a stream, which goes on when the handler is done, the only
   * way. Where another request wrote meanwhile, the top-level properties that this one changed are changed again.
   */
  async save(): Promise<void> {
    if (!this.#isSet && this.#loading === undefined) return;
    await this.#load();
    if (!this.#isChanged()) return;
    if (this.#stored === undefined) await this.#start(undefined, this.#data);
    else await this.#write(this.#stored);
  }

  /** Whether the answer depends on the session. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** Nothing of the answer's headers changes any more. Returns what is to be done with the cookie. */
  close(): Cookie {
    this.#isSent = true;
    return this.#cookie;
  }

  get #sessions(): Sessions<T> {
    return this.#parts.sessions();
  }

  /** Once per request, whoever asks; again where it failed. */
  #load(): Promise<void> {
    this.#isTouched = true;
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    const id = this.#id;
    if (id === undefined) return;
    const found = await this.#sessions.read(id, this.#parts.call);
    if (id !== this.#id) return;
    // An eventual store may not know a new session yet: the browser shall keep its cookie. It is never used for a new one.
    if (found === undefined) this.#id = undefined;
    else this.#adopt(found);
  }

  #adopt({ data, ...info }: Session<T>): void {
    this.#stored = { info, seen: stringify(data), merged: undefined };
    if (!this.#isSet) this.#data = data;
  }

  #isChanged(): boolean {
    return this.#stored === undefined ? this.#isSet : stringify(this.#data) !== this.#stored.seen;
  }

  async #start(user: string | undefined, data: T | undefined): Promise<void> {
    this.#refuseIfSent();
    const label = this.#parts.label();
    const created = await this.#sessions.create({ user, data, label, ...this.#parts.call });
    // The rules have the same default.
    this.#begin(created, { user, label }, data ?? ({} as T));
  }

  #begin({ id, ...state }: Created, about: Pick<SessionInfo, 'user' | 'label'>, data: T | undefined): void {
    this.#id = id;
    this.#loading = Promise.resolve();
    this.#stored = { info: { ...state, ...about }, seen: stringify(data), merged: undefined };
    this.#data = data;
    this.#cookie = { id, expiresAt: state.expiresAt };
  }

  async #write(stored: Stored<T>): Promise<void> {
    const id = this.#id as string;
    const seen = stringify(this.#data);
    let { version } = stored.info;
    let { merged } = stored;
    if (merged !== undefined) merged = this.#again(stored, merged);
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        const state = await this.#sessions.replace(id, merged ?? (this.#data as T), { version, ...this.#parts.call });
        this.#stored = { info: { ...stored.info, ...state }, seen, merged };
        return;
      } catch (error) {
        if (isSealedSessionError(error, 'no_such_session')) return this.#drop();
        if (!isSealedSessionError(error, 'version_conflict') || conflicts === MOST_CONFLICTS) throw error;
      }
      const latest = await this.#sessions.read(id, { strict: true, ...this.#parts.call });
      if (latest === undefined) return this.#drop();
      ({ version } = latest);
      merged = this.#again(stored, latest.data);
    }
  }

  /** What this request changed since it saw the session, in data that it has not seen. */
  #again({ seen }: Stored<T>, data: T): T {
    const change = difference(JSON.parse(seen), this.#data);
    return change === undefined ? (this.#data as T) : (withDifference(data, change) as T);
  }

  #drop(): void {
    this.#id = undefined;
    this.#loading = Promise.resolve();
    this.#stored = undefined;
    this.#data = undefined;
    this.#isSet = false;
    this.#cookie = 'clear';
  }

  #refuseIfSent(): void {
    if (this.#isSent) throw new SealedSessionError('response_sent');
  }
}

/** Nothing, or what the answer does with the browser's cookie. */
export type Cookie = undefined | 'clear' | { id: string; expiresAt: Date };

/** A session as it lies in the store, as far as is known here. */
interface Stored<T> {
  info: SessionInfo;
  /** The JSON of the data as the handler saw them last, when they were stored. */
  seen: string;
  /** What is stored where that is more: another request had written, too. */
  merged: T | undefined;
}

/** Each is a write of somebody else to the same session within one of ours. */
const MOST_CONFLICTS = 5;
