import { SealedSessionError } from '../../errors.ts';

/** How a browser is to keep a cookie. `HttpOnly` is always set: no script has a use for a sealed value or a session's ID. */
export interface CookieOptions {
  /** Browsers keep it from plain HTTP. `false` is for development without TLS, and gives up the name's prefix. */
  secure?: boolean | undefined;
  /** `lax` where nothing is said; `none` needs `secure`. */
  sameSite?: 'strict' | 'lax' | 'none' | undefined;
  /** `/` where nothing is said. */
  path?: string | undefined;
  /** Subdomains get it, too. Nothing where nothing is said: this host alone. */
  domain?: string | undefined;
  /** One jar per embedding site (CHIPS); needs `secure`. */
  partitioned?: boolean | undefined;
}

/** A cookie's name as browsers know it, and its attributes, checked. */
export interface CookieSettings {
  name: string;
  secure: boolean;
  sameSite: 'strict' | 'lax' | 'none';
  path: string;
  domain: string | undefined;
  partitioned: boolean;
}

/**
 * Checks a name and what is said about its cookie. The name gets the strongest prefix that its attributes allow: `__Host-`,
 * which no subdomain and no plain HTTP can set, then `__Secure-`, then none (RFC 6265bis, section 4.1.3). A name that has a
 * prefix keeps it, and its attributes must allow it.
 *
 * @throws `invalid_option` with the field, where a browser would refuse or misread the cookie.
 */
export function cookieSettings(
  name: string,
  { secure = true, sameSite = 'lax', path = '/', domain, partitioned = false }: CookieOptions = {},
): CookieSettings {
  check(NAME.test(name), 'name');
  check(Object.hasOwn(SAME_SITE, sameSite) && (sameSite !== 'none' || secure), 'sameSite');
  check(PATH.test(path), 'path');
  check(domain === undefined || DOMAIN.test(domain), 'domain');
  check(!partitioned || secure, 'partitioned');
  const strongest = !secure ? '' : path === '/' && domain === undefined ? '__Host-' : '__Secure-';
  // Browsers compare prefixes without regard to case.
  const [own = ''] = /^__(?:host|secure)-/i.exec(name) ?? [];
  check(own === '' || own === strongest || (own === '__Secure-' && secure), 'name');
  return { name: own === '' ? strongest + name : name, secure, sameSite, path, domain, partitioned };
}

/** A `Set-Cookie` header's value. Without `maxAge` (seconds) the browser forgets the cookie with its session. */
export function setCookie(name: string, value: string, settings: CookieSettings, maxAge?: number): string {
  const { secure, sameSite, path, domain, partitioned } = settings;
  return [
    `${name}=${value}`,
    `Path=${path}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
    'HttpOnly',
    ...(secure ? ['Secure'] : []),
    `SameSite=${SAME_SITE[sameSite]}`,
    ...(partitioned ? ['Partitioned'] : []),
  ].join('; ');
}

function check(isFine: boolean, field: string): void {
  if (!isFine) throw new SealedSessionError('invalid_option', { field });
}

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;
/** A token of RFC 9110, section 5.6.2: no separator, no control character, and no "=". */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
/** Visible ASCII without ";" that begins with "/"; browsers ignore attributes over 1024 bytes (RFC 6265bis, section 5.6). */
const PATH = /^\/[!-:<-~]{0,1023}$/;
const DOMAIN = /^[0-9A-Za-z](?:[0-9A-Za-z.-]{0,252}[0-9A-Za-z])?$/;
