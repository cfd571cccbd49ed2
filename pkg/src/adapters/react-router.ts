import {
  type Cookie,
  type CookieOptions,
  createCookie,
  createSession,
  isCookie,
  type Session,
  type SessionStorage,
} from 'react-router';

import { isSealedSessionError } from '../errors.ts';
import * as json from '../json.ts';
import type { Created, Duration, Sessions } from '../types.ts';
import { difference, withDifference } from './difference.ts';

export interface SealedSessionStorageOptions {
  /** In this process (`sessions`) or in the Worker (`remoteSessions`). Lifetimes are theirs; a cookie's `maxAge` is the browser's. */
  sessions: Sessions<any>;
  /**
   * The cookie that has the ID, or what it is to be. Where nothing else is said it is `__Host-session`, with `HttpOnly`,
   * `Secure` and `SameSite=Lax`. It needs no secrets: an ID cannot be guessed.
   */
  cookie?: Cookie | (CookieOptions & { name?: string }) | undefined;
  /** Where the runtime stops work once a request is answered: `import { waitUntil } from 'cloudflare:workers'`. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** What a login says, besides what its cookie is to be. */
export type RegenerateSessionOptions = CookieOptions & {
  /** Who logged in: lifetimes start anew. */
  user?: string | undefined;
  /** For how long the old data stays readable under the old ID; at most a minute. */
  grace?: Duration | undefined;
};

/** React Router's session storage, and a new ID for a session. */
export interface SealedSessionStorage<Data, FlashData> extends SessionStorage<Data, FlashData> {
  /**
   * Stores the session under a new ID, and the old one dies: at login, and whenever rights change. Answers the `Set-Cookie`
   * header; no `commitSession` is needed.
   */
  regenerateSession: (session: Session<Data, FlashData>, options?: RegenerateSessionOptions) => Promise<string>;
}

/** What is known of a session object. */
interface Origin {
  /** Its ID, or nothing while it has none. */
  id: string;
  /** What the request brought, where no session was found under it. */
  missed: string;
  version: string | undefined;
  /** The JSON of its data when they were loaded or stored. */
  seen: string;
}

/**
 * Session storage for React Router over the session rules, with the stock storage's calls and flash.
 *
 * - A session that is not found gives its ID up, and gets a new one when it is stored. (The stock storage keeps it: who was
 *   logged out could be sent an ID to log in with, and over rules that revive nothing could never log in again.)
 * - `commitSession` writes what changed since `getSession`, and nothing where nothing did. Where another request wrote in
 *   between, the top-level fields that this one changed are written. One that has no data is not created.
 * - A session that ended meanwhile is not revived: the cookie is removed. `session.id` is always the current one.
 *
 * @example
 * export const { getSession, commitSession, destroySession, regenerateSession } = createSealedSessionStorage<Data, Flash>({
 *   sessions: sessions({ keys: process.env.SESSION_KEYS, store: redisStore(client) }),
 * });
 *
 * export async function action({ request }: ActionFunctionArgs) {
 *   const session = await getSession(request.headers.get('Cookie'));
 *   const user = await login(await request.formData());
 *   session.set('user', user);
 *   return redirect('/', { headers: { 'Set-Cookie': await regenerateSession(session, { user }) } });
 * }
 */
export function createSealedSessionStorage<Data = Record<string, any>, FlashData = Data>({
  sessions,
  cookie: given,
  waitUntil,
}: SealedSessionStorageOptions): SealedSessionStorage<Data, FlashData> {
  type Own = Session<Data, FlashData>;
  const cookie = isCookie(given) ? given : defaultCookie(given);
  const origins = new WeakMap<object, Origin>();
  const call = { waitUntil };

  const originOf = (session: Own): Origin => origins.get(session) ?? { id: session.id, missed: '', version: undefined, seen: '{}' };

  const begin = (session: Own, created: Created): string => {
    // The object's own property, so that others who hold it see the new ID, too.
    Object.defineProperty(session, 'id', { value: created.id, enumerable: true, configurable: true });
    origins.set(session, { id: created.id, missed: '', version: created.version, seen: json.stringify(session.data) });
    return created.id;
  };

  /** Writes what changed; false where the session is over. */
  const write = async (session: Own, origin: Origin): Promise<boolean> => {
    const { id, seen } = origin;
    const now = json.stringify(session.data);
    if (now === seen) return true;
    let { version } = origin;
    let data: unknown = session.data;
    for (let conflicts = 0; ; conflicts++) {
      try {
        const written = await sessions.replace(id, data, { version, ...call });
        // Behind a merge the session holds what this object does not: the next write must meet a conflict again.
        if (conflicts === 0) origins.set(session, { ...origin, version: written.version, seen: now });
        return true;
      } catch (error) {
        if (isSealedSessionError(error, 'no_such_session')) return false;
        if (!isSealedSessionError(error, 'version_conflict') || conflicts === MOST_CONFLICTS) throw error;
      }
      const latest = await sessions.read(id, { strict: true, ...call });
      if (latest === undefined) return false;
      ({ version } = latest);
      data = withDifference(latest.data, difference(JSON.parse(seen), session.data) ?? { set: {}, removed: [] });
    }
  };

  const removed = async (options: CookieOptions = {}): Promise<string> =>
    cookie.serialize('', { ...options, maxAge: 0, expires: new Date(0) });

  return {
    async getSession(header, options) {
      const brought: unknown = header ? await cookie.parse(header, options) : undefined;
      const id = typeof brought === 'string' && SESSION_ID.test(brought) ? brought : '';
      const found = id === '' ? undefined : await sessions.read(id, call);
      const session = createSession<Data, FlashData>((found?.data ?? {}) as Data, found === undefined ? '' : id);
      const seen = json.stringify(session.data);
      origins.set(session, found === undefined ? { id: '', missed: id, version: undefined, seen } : { id, missed: '', version: found.version, seen });
      return session;
    },

    async commitSession(session, options) {
      const origin = originOf(session);
      if (origin.id !== '') return (await write(session, origin)) ? cookie.serialize(origin.id, options) : removed(options);
      if (Object.keys(session.data).length > 0) return cookie.serialize(begin(session, await sessions.create({ data: session.data, ...call })), options);
      // An eventual store may not know a new session yet: the browser keeps its cookie.
      return origin.missed === '' ? removed(options) : cookie.serialize(origin.missed, options);
    },

    async destroySession(session, options) {
      const { id, missed } = originOf(session);
      if (id !== '' || missed !== '') await sessions.end(id === '' ? missed : id, call);
      return removed(options);
    },

    async regenerateSession(session, { user, grace, ...options } = {}) {
      const { id, seen, version } = originOf(session);
      const data = session.data;
      if (id !== '') {
        // What did not change stays what it is in the store, where another request may have written more. The version is the
        // old one then, so that the next write finds that out.
        const isChanged = json.stringify(data) !== seen;
        try {
          const created = await sessions.regenerate(id, { user, grace, data: isChanged ? data : undefined, ...call });
          return await cookie.serialize(begin(session, isChanged ? created : { ...created, version: version ?? created.version }), options);
        } catch (error) {
          if (!isSealedSessionError(error, 'no_such_session')) throw error;
        }
      }
      // What an ended session held belonged to whoever ended it; what this request set is this request's.
      const own = id === '' ? data : (difference(JSON.parse(seen), data)?.set ?? {});
      return cookie.serialize(begin(session, await sessions.create({ user, data: own, ...call })), options);
    },
  };
}

function defaultCookie({ name, ...options }: CookieOptions & { name?: string } = {}): Cookie {
  const { secure = true, path = '/', domain } = options;
  // Browsers keep a cookie with this prefix only as the server set it: no subdomain and no plain HTTP can.
  const isHosts = secure && path === '/' && domain === undefined;
  return createCookie(name ?? (isHosts ? '__Host-session' : 'session'), { httpOnly: true, sameSite: 'lax', ...options, secure, path });
}

/** Each is a write of somebody else to the same session within one of ours. */
const MOST_CONFLICTS = 5;
/** 32 bytes in base64url, canonical: docs/FORMAT.md, "Session IDs". An ID that the server did not make is never taken. */
const SESSION_ID = /^[\w-]{42}[AEIMQUYcgkosw048]$/;
