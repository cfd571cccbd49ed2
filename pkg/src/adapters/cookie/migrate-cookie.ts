import { Migration } from '../migration.ts';
import { keepPrivate, replaceCookie } from './headers.ts';
import { cookieValue } from './parse.ts';
import type { SealedCookie } from './sealed-cookie.ts';
import { setCookie } from './settings.ts';

export interface MigrateCookieOptions<T> {
  /** The other cookie's name, with its prefix if it has one. */
  name: string;
  /** What the other cookie holds, or nothing where it is not valid. An empty object is nothing, too, as iron-session says it. */
  open: (value: string) => T | undefined | Promise<T | undefined>;
  /** From then on the other cookie is not looked at: a date, or its text (`2027-01-31`). Its longest life from now will do. */
  until: Date | string;
  /** Told of each, with how many there were in this process. */
  onMigrated?: ((count: number) => void) | undefined;
  /** The other cookie's path: `/`. A browser removes it by that. */
  path?: string | undefined;
  /** The other cookie's domain, if it has one. */
  domain?: string | undefined;
  /** Unix milliseconds. */
  now?: (() => number) | undefined;
}

/** Reads the sealed cookie, or else the other one, which it then replaces in the response's headers. */
export type MigrateCookie<T> = (from: Request | Headers | string | null | undefined, headers: Headers) => Promise<T | undefined>;

/**
 * Takes over the values of a cookie that another library wrote. What a request brings in the other cookie is written to the
 * sealed one, once, and the other one is removed. One that is split over several cookies is not put together.
 *
 * Until the end date the other library's keys still let their holder make sessions. A browser that never comes back in time
 * is logged out.
 *
 * @example
 * import { unsealData } from 'iron-session';
 *
 * const me = sealedCookie<Me>({ keys: process.env.SESSION_KEYS, name: 'me', ttl: '7d' });
 * const read = migrateCookie(me, {
 *   name: 'iron',
 *   open: (value) => unsealData<Me>(value, { password: process.env.IRON_PASSWORD }),
 *   until: '2027-01-31',
 * });
 *
 * const headers = new Headers();
 * const user = (await read(request, headers))?.user;
 * @throws `invalid_option` where there is no end date.
 */
export function migrateCookie<T>(
  cookie: SealedCookie<T>,
  { name, open, until, onMigrated, path = '/', domain, now = Date.now }: MigrateCookieOptions<NoInfer<T>>,
): MigrateCookie<T> {
  const migration = new Migration({ until, onMigrated });
  const attributes = { name, secure: true, sameSite: 'lax', path, domain, partitioned: false } as const;

  return async function readOrMigrate(from, headers) {
    const own = cookie.read(from);
    if (own !== undefined || !migration.isOn(now())) return own;
    const value = cookieValue(header(from), name);
    if (value === undefined || value === '') return undefined;
    const found = await open(value);
    if (found === undefined || isEmpty(found)) return undefined;
    cookie.write(headers, found);
    replaceCookie(headers, name, setCookie(name, '', attributes, 0));
    keepPrivate(headers);
    migration.count();
    return found;
  };
}

function header(from: Request | Headers | string | null | undefined): string {
  if (from === null || from === undefined || typeof from === 'string') return from ?? '';
  return ('headers' in from ? from.headers : from).get('Cookie') ?? '';
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
