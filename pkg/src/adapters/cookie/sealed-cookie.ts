import * as json from '../../json.ts';
import type { Duration } from '../../types.ts';
import { lifetime, SealedValues, type SealingOptions } from '../sealed-values.ts';
import { chunkNames, fromChunks, MAX_CHUNKS, MAX_COOKIE, size, toChunks, type Chunk } from './chunks.ts';
import { keepPrivate, replaceCookie } from './headers.ts';
import { overJar, type CookieJar, type JarCookie } from './jar.ts';
import { cookieValue } from './parse.ts';
import { cookieSettings, setCookie, type CookieOptions } from './settings.ts';

export interface SealedCookieOptions extends SealingOptions, CookieOptions {
  /** The cookie's name. Browsers get it with a prefix: `session` is `__Host-session`. */
  name: string;
  /** How long what was written can be read. Writing it again is the only way to prolong it. */
  ttl: Duration;
  /** The browser keeps it beyond its own end, for `ttl`. Without it the cookie goes when the browser is closed. */
  persistent?: boolean | undefined;
  /** Values that need more than one cookie get up to four. Servers have limits, too: Node's is 16 KiB for all headers, many a proxy's 8 KiB. */
  chunk?: boolean | undefined;
}

/** A value that its owner's browser keeps, and cannot read or change. */
export interface SealedCookie<T> {
  /** The name that browsers know. */
  readonly name: string;
  /** What a request brings, or nothing: no cookie, two of that name, expired, altered, or under a key that is gone. A string is a `Cookie` header. */
  read(from: Request | Headers | string | null | undefined): T | undefined;
  /** Sets the cookie in a response's headers, with `Cache-Control: no-store` and `Vary: Cookie`. Throws `cookie_too_large`, `invalid_data`. */
  write(headers: Headers, value: T): void;
  /** Makes the browser forget it. A copy of it still opens until it expires: what must end now needs a session. */
  clear(headers: Headers): void;
  /** Bytes of names and values that this value would take; browsers keep 4096 per cookie. */
  size(value: T): number;
  /** The same over a framework's cookies: `cookies()` of Next, `cookies` of SvelteKit or Astro. Caching is the framework's to know. */
  jar(jar: CookieJar | Promise<CookieJar>): JarCookie<T>;
}

/**
 * A value sealed into a cookie: no store, no service, no promise. It is bound to the cookie's name, and nothing can revoke
 * a single one.
 *
 * @example
 * const me = sealedCookie<{ user: string }>({ keys: process.env.SESSION_KEYS, name: 'me', ttl: '7d' });
 *
 * function handler(request: Request): Response {
 *   const headers = new Headers();
 *   me.write(headers, { user: me.read(request)?.user ?? 'Ada' });
 *   return new Response('hello', { headers });
 * }
 * @throws `missing_keys` and the other codes of a keyring, `invalid_option`, `invalid_field`.
 */
export function sealedCookie<T>(options: SealedCookieOptions): SealedCookie<T> {
  const settings = cookieSettings(options.name, options);
  const values = new SealedValues(options, 'cookie');
  const life = lifetime(options.ttl);
  const { name } = settings;
  const maxAge = options.persistent === true ? life : undefined;
  const most = options.chunk === true ? MAX_CHUNKS : 1;
  const names = chunkNames(name, most);

  const seal = (value: T): string => values.seal(name, json.encode(value), life);
  const chunks = (value: T): Chunk[] => toChunks(name, seal(value), most);

  const open = (value: string): T | undefined => {
    // What is longer than all its cookies together nobody has to decode.
    if (value === '' || value.length > most * MAX_COOKIE) return undefined;
    const payload = values.open(name, value);
    return payload === undefined ? undefined : (json.decode(payload) as T);
  };

  /** All of a value's cookies: those that it does not fill may be left from a longer one. */
  const put = (headers: Headers, filled: readonly Chunk[]): void => {
    const byName = new Map(filled);
    for (const own of names) {
      const value = byName.get(own);
      replaceCookie(headers, own, setCookie(own, value ?? '', settings, value === undefined ? 0 : maxAge));
    }
    keepPrivate(headers);
  };

  return {
    name,
    read(from) {
      const header = cookieHeader(from);
      return header === null ? undefined : open(fromChunks(names, (own) => cookieValue(header, own)));
    },
    write(headers, value) {
      put(headers, chunks(value));
    },
    clear(headers) {
      put(headers, []);
    },
    size(value) {
      return size(name, seal(value), most);
    },
    jar(jar) {
      return overJar({ jar, settings, names, maxAge, chunks, open });
    },
  };
}

function cookieHeader(from: Request | Headers | string | null | undefined): string | null {
  if (from === null || from === undefined || typeof from === 'string') return from ?? null;
  return ('headers' in from ? from.headers : from).get('Cookie');
}
