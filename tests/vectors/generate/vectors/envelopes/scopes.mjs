/** Tenants, purposes, subjects and keyrings. */

import { seal } from '../../format/envelope.mjs'
import { handle } from '../../format/identifiers.mjs'
import { lookupText, rootText } from '../../format/keys.mjs'
import { concat, lp, utf8 } from '../../format/notation.mjs'
import { flip } from '../alterations.mjs'
import {
  KNOWN, KNOWN_ENVELOPE, LOOKUP, OTHER_ROOT, OTHER_TWIN_ROOT, ROOT, saltFor, SESSION_ID, THIRD_ROOT, TWIN_ROOT,
} from '../inputs.mjs'
import { opens, refused } from './form.mjs'

export function scopes() {
  const owner = handle(SESSION_ID, 'acme')
  const userSubject = (userId) => concat(lp(utf8(userId)), owner)
  const inScope = (purpose, subject, more = {}) => ({ purpose, subject, floor: 0, ...more })

  const cookie = seal({ ...KNOWN, ...inScope('cookie', utf8('__Host-id')), salt: saltFor('cookie') })
  const stored = seal({ ...KNOWN, ...inScope('store-value', utf8('sess:1')), salt: saltFor('stored') })
  const entry = seal({ ...KNOWN, ...inScope('user-session', userSubject('u_1')), salt: saltFor('entry') })
  const invite = seal({ ...KNOWN, ...inScope('app/invite', utf8('ab')), salt: saltFor('invite') })
  const longTenant = `${'Tenant-0_'.repeat(7)}.`

  return [
    opens('purpose-user-session', 'The subject of an index entry is lp(user ID) || handle',
      inScope('user-session', userSubject('u_1'), { payload: utf8('{"since":1}') })),
    opens('purpose-user-session-non-ascii', 'lp counts the bytes of a user ID, not its characters',
      inScope('user-session', userSubject('zoë'), { payload: utf8('{"since":1}') })),
    opens('purpose-activity', 'The subject of an activity entry is the handle',
      inScope('activity', owner, { payload: utf8('1900000000') })),
    opens('purpose-cookie', "The subject of a stateless cookie is the cookie's name",
      inScope('cookie', utf8('__Host-id'))),
    opens('purpose-store-value', "The subject of a stored value is the store's key",
      inScope('store-value', utf8('sess:1'))),
    opens('purpose-store-value-no-key', 'The subject is empty where the store does not tell the key',
      inScope('store-value', Buffer.alloc(0))),
    opens('purpose-app', 'Applications seal in scopes of their own', inScope('app/invite', utf8('mail@example.org'))),
    opens('tenant-shortest', 'A tenant of one character', { tenant: 'a' }),
    opens('tenant-longest', 'A tenant of 64 characters, of every kind allowed', { tenant: longTenant }),

    refused('wrong-tenant', 'unauthentic', 'Another tenant', KNOWN_ENVELOPE, { tenant: 'acme2' }),
    refused('wrong-tenant-case', 'unauthentic', 'Tenants are compared as bytes: case matters', KNOWN_ENVELOPE,
      { tenant: 'Acme' }),
    refused('wrong-purpose', 'unauthentic', 'Another purpose with the same subject', KNOWN_ENVELOPE,
      { purpose: 'activity' }),
    refused('wrong-purpose-app', 'unauthentic', "An application that calls its purpose 'session' stays out of sessions",
      KNOWN_ENVELOPE, { purpose: 'app/session' }),
    refused('wrong-app-name', 'unauthentic', 'Another name in the scopes of applications', invite,
      { purpose: 'app/invites', subject: utf8('ab') }),
    refused('wrong-session-id', 'unauthentic', 'Another session ID', KNOWN_ENVELOPE, { subject: flip(SESSION_ID, 31) }),
    refused('wrong-placement', 'unauthentic', 'A session ID that differs in its placement only', KNOWN_ENVELOPE,
      { subject: flip(SESSION_ID, 0) }),
    refused('handle-for-session-id', 'unauthentic', 'Whoever has the handle alone cannot read the record',
      KNOWN_ENVELOPE, { subject: owner }),
    refused('wrong-user', 'unauthentic', 'The same session in the index of another user', entry,
      { purpose: 'user-session', subject: userSubject('u_2') }),
    refused('user-without-length', 'unauthentic', 'User ID and handle are joined without lp', entry,
      { purpose: 'user-session', subject: concat(utf8('u_1'), owner) }),
    refused('wrong-cookie-name', 'unauthentic', 'The cookie is replayed under another name', cookie,
      { purpose: 'cookie', subject: utf8('__Host-ix') }),
    refused('subject-longer', 'unauthentic', 'The subject is one byte longer', cookie,
      { purpose: 'cookie', subject: utf8('__Host-id2') }),
    refused('subject-shorter', 'unauthentic', 'The subject is one byte shorter', cookie,
      { purpose: 'cookie', subject: utf8('__Host-i') }),
    refused('subject-with-nul', 'unauthentic', 'The subject is followed by a zero byte', cookie,
      { purpose: 'cookie', subject: utf8('__Host-id\0') }),
    refused('subject-missing', 'unauthentic', 'The value was sealed for a key, and none is given', stored,
      { purpose: 'store-value', subject: Buffer.alloc(0) }),

    // Both scopes would be `acmeuser-session` if tenant and purpose were joined without lp.
    refused('tenant-and-purpose-joined', 'unauthentic', 'lp keeps tenant and purpose apart, whatever a tenant ends in',
      seal({ ...KNOWN, purpose: 'user-session', salt: saltFor('joined') }),
      { tenant: 'acmeuser-', purpose: 'session' }),
  ]
}

export function keyrings() {
  const ring = (...items) => items.join(',')
  const twin = seal({ ...KNOWN, root: TWIN_ROOT, salt: saltFor('twin') })
  return [
    opens('ring-second-key', 'The key is second in the ring',
      { keyring: ring(rootText(OTHER_ROOT), rootText(ROOT)), rotated: true }),
    opens('ring-third-key', 'The key is third in the ring, after a lookup key',
      { keyring: ring(lookupText(LOOKUP), rootText(OTHER_ROOT), rootText(THIRD_ROOT), rootText(ROOT)), rotated: true }),
    opens('ring-first-key-seals', 'The first root key of a ring seals',
      { root: OTHER_ROOT, keyring: ring(rootText(OTHER_ROOT), rootText(ROOT)) }),
    opens('ring-with-lookup-key', 'A lookup key makes no difference to an envelope',
      { keyring: ring(lookupText(LOOKUP), rootText(ROOT)) }),
    opens('ring-of-twin', 'The key whose ID another key shares opens its own envelope', { root: TWIN_ROOT }),
    refused('ring-without-key', 'unknown_key', 'The key is not in the ring', KNOWN_ENVELOPE,
      { keyring: ring(rootText(OTHER_ROOT), rootText(THIRD_ROOT)) }),
    refused('ring-key-as-lookup-key', 'unknown_key', 'A lookup key opens nothing', KNOWN_ENVELOPE,
      { keyring: ring(lookupText(ROOT), rootText(OTHER_ROOT)) }),
    refused('ring-with-twin-only', 'unauthentic', 'Another key of the same key ID', twin,
      { keyring: rootText(OTHER_TWIN_ROOT) }),
  ]
}
