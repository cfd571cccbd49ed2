// How a call names its session and its user: in headers, since URLs end up in logs.
import { SealedSessionError } from '../errors.ts';

/** The session. What has not the characters of an ID is one that never was, and is not put into a header. */
export function named(id: string | undefined): { 'session-id'?: string } {
  if (id === undefined) return {};
  return { 'session-id': VISIBLE.test(id) ? id : 'malformed' };
}

/** The user, percent-encoded. */
export function userHeader(user: string): { 'user-id': string } {
  try {
    return { 'user-id': encodeURIComponent(user) };
  } catch {
    // A lone surrogate has no UTF-8.
    throw new SealedSessionError('invalid_field', { field: 'user' });
  }
}

const VISIBLE = /^[\x21-\x7e]{1,128}$/;
