import type { Context, Env, MiddlewareHandler } from 'hono';

import type { CallOptions, Sessions } from '../../types.ts';
import { keepPrivate, replaceCookie } from '../cookie/headers.ts';
import { cookieValue } from '../cookie/parse.ts';
import { cookieSettings, setCookie, type CookieOptions, type CookieSettings } from '../cookie/settings.ts';
import { RequestSession, type Cookie } from './request-session.ts';

export type { CookieOptions } from '../cookie/settings.ts';
export type { Login, RequestSession, SessionInfo } from './request-session.ts';

/** The variables that the middleware sets, for `new Hono<SessionEnv<Me>>()` where handlers are not chained behind it. */
export interface SessionEnv<T> {
  Variables: { session: RequestSession<T> };
}

export interface SealedSessionOptions extends CookieOptions {
  /** The cookie's name: `session`, which browsers get as `__Host-session`. */
  name?: string | undefined;
  /** The browser keeps it beyond its own end, for as long as the session may live. Without it the cookie goes when the browser is closed. */
  persistent?: boolean | undefined;
  /** What a new session shows in its user's list. */
  label?: ((c: Context) => string | undefined) | undefined;
}

/**
 * A session for every request, as `c.var.session`, whose ID is in a cookie. On Workers bindings come with the request: give a
 * function, which is called once per `env`. Elsewhere give the sessions themselves.
 *
 * - Lazy: a handler that asks for nothing causes no call of the store, and no visitor gets a session before there are data.
 * - Saved before the answer, if the handler changed something. A store that is down makes the request fail; it never answers
 *   200 for what is lost. A handler that throws saves nothing, unless it called `save()` before.
 * - A session that ended meanwhile is not revived: what the handler changed is dropped, and the cookie cleared.
 * - Whoever asked for the session gets `Cache-Control: no-store` and `Vary: Cookie`.
 * - An ID that the server did not make is never taken.
 *
 * @example
 * const app = new Hono<{ Bindings: Env }>().use(
 *   sealedSession((c: Context<{ Bindings: Env }>) =>
 *     sessions<{ visits: number }>({ keys: c.env.SESSION_KEYS, store: kvStore(c.env.SESSIONS) }),
 *   ),
 * );
 * app.get('/', async (c) => {
 *   const visits = ((await c.var.session.get())?.visits ?? 0) + 1;
 *   c.var.session.set({ visits });
 *   return c.text(`visit ${visits}`);
 * });
 * @throws `invalid_option` where a browser would refuse the cookie.
 */
export function sealedSession<T, E extends Env = any>(
  sessions: Sessions<T> | ((c: Context<E>) => Sessions<T>),
  { name = 'session', persistent = false, label, ...attributes }: SealedSessionOptions = {},
): MiddlewareHandler<SessionEnv<T>> {
  const settings = cookieSettings(name, attributes);
  const sessionsOf = typeof sessions === 'function' ? oncePerEnv(sessions) : () => sessions;

  return async function sealedSession(c, next) {
    const session = new RequestSession<T>({
      sessions: () => sessionsOf(c as Context),
      id: sessionId(c.req.header('Cookie'), settings),
      call: callOptions(c as Context),
      label: () => label?.(c as Context),
    });
    c.set('session', session);
    await next();
    try {
      if (c.error === undefined) await session.save();
    } finally {
      const cookie = session.close();
      if (session.isTouched) answer(c as Context, cookie, settings, persistent);
    }
  };
}

/** On Workers `env` is one object for as long as the instance lives, and what sessions have learned is worth keeping as long. */
function oncePerEnv<T, E extends Env>(make: (c: Context<E>) => Sessions<T>): (c: Context<E>) => Sessions<T> {
  const made = new WeakMap<object, Sessions<T>>();
  return (c) => {
    const env: unknown = c.env;
    if (typeof env !== 'object' || env === null) return make(c);
    const sessions = made.get(env) ?? make(c);
    made.set(env, sessions);
    return sessions;
  };
}

/** What is no ID of ours is no session: a foreign ID out of a browser would be one that anybody can choose. */
function sessionId(header: string | undefined, { name }: CookieSettings): string | undefined {
  const value = header === undefined ? undefined : cookieValue(header, name);
  return value !== undefined && SESSION_ID.test(value) ? value : undefined;
}

function callOptions(c: Context): CallOptions {
  try {
    const context = c.executionCtx;
    return { waitUntil: (work) => context.waitUntil(work) };
  } catch {
    // Not on Workers: nothing stops work there once a request is answered.
    return {};
  }
}

function answer(c: Context, cookie: Cookie, settings: CookieSettings, persistent: boolean): void {
  // Headers of a response that came out of fetch are read-only; this makes them the context's own.
  c.header('Vary', c.res.headers.get('Vary') ?? undefined);
  const { headers } = c.res;
  keepPrivate(headers);
  if (cookie === undefined) return;
  const line =
    cookie === 'clear'
      ? setCookie(settings.name, '', settings, 0)
      : setCookie(settings.name, cookie.id, settings, persistent ? secondsUntil(cookie.expiresAt) : undefined);
  replaceCookie(headers, settings.name, line);
}

function secondsUntil(at: Date): number {
  return Math.max(0, Math.ceil((at.getTime() - Date.now()) / 1000));
}

/** 32 bytes in base64url, canonical: docs/FORMAT.md, "Session IDs". */
const SESSION_ID = /^[\w-]{42}[AEIMQUYcgkosw048]$/;
