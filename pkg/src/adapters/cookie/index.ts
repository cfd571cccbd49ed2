export type { CookieJar, JarAttributes, JarCookie, JarValue } from './jar.ts';
export type { MigrateCookie, MigrateCookieOptions } from './migrate-cookie.ts';
export type { SealedCookie, SealedCookieOptions } from './sealed-cookie.ts';
export type { CookieOptions } from './settings.ts';

export { isSealedSessionError, SealedSessionError } from '../../errors.ts';
export { migrateCookie } from './migrate-cookie.ts';
export { sealedCookie } from './sealed-cookie.ts';
