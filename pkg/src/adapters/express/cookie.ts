import type { SessionData } from 'express-session';

/** A session's cookie as a store meets it: express-session's class, or what JSON made of it. */
export type CookieLike = Partial<Omit<SessionData['cookie'], 'expires'>> & { expires?: Date | string | null | undefined };

/**
 * What is kept of a cookie: all but `expires`, which moves with every request. Otherwise there would be a difference to
 * write each time.
 */
export function lasting(cookie: CookieLike | undefined): Record<string, unknown> {
  const attributes = cookie as Record<string, unknown> | undefined;
  return Object.fromEntries(LASTING.map((name) => [name, attributes?.[name]]).filter(([, value]) => value !== undefined));
}

/** A cookie as it was kept, for a session that was used just now. */
export function revived(kept: unknown): CookieLike {
  const cookie: CookieLike = typeof kept === 'object' && kept !== null ? kept : {};
  const maxAge = maxAgeOf(cookie);
  return { ...cookie, originalMaxAge: maxAge ?? null, expires: maxAge === undefined ? null : new Date(Date.now() + maxAge) };
}

/** Milliseconds that the cookie lives after each use; nothing where it goes with the browser. */
export function maxAgeOf(cookie: CookieLike | undefined): number | undefined {
  return typeof cookie?.originalMaxAge === 'number' ? cookie.originalMaxAge : undefined;
}

/** Whether the browser has dropped it. */
export function isOver(cookie: CookieLike | undefined): boolean {
  return !!cookie?.expires && new Date(cookie.expires).getTime() <= Date.now();
}

/** In the order that they are kept in, so that equal cookies have equal JSON. */
const LASTING = ['originalMaxAge', 'path', 'httpOnly', 'secure', 'sameSite', 'domain', 'priority', 'partitioned'];
