/** What is derived from IDs, users and the lookup key. */

import { csrf, foreignSessionId, handle, logId, pseudonym, receiptKey } from '../../format/identifiers.mjs'
import { encodeText, utf8 } from '../../format/notation.mjs'
import { flip, startWith } from '../alterations.mjs'
import { FOREIGN_ID, LOOKUP, OTHER_RING, RING, SESSION_ID } from '../inputs.mjs'

export function derivations() {
  const ofSession = (name, reason, tenant, sessionId) => {
    const bytes = handle(sessionId, tenant)
    return {
      name,
      reason,
      kind: 'session',
      tenant,
      session_id: sessionId.toString('hex'),
      handle: encodeText(bytes),
      log_id: encodeText(logId(bytes, tenant)),
      csrf: encodeText(csrf(sessionId, tenant)),
    }
  }
  const named = (kind, name, reason, tenant, ring) => ({
    name,
    reason,
    kind,
    tenant,
    keyring: ring.keyring,
    lookup_key: ring.lookup.toString('hex'),
  })
  const ofUser = (name, reason, tenant, userId, ring = RING) => ({
    ...named('user', name, reason, tenant, ring),
    user_id: utf8(userId).toString('hex'),
    pseudonym: encodeText(pseudonym(ring.lookup, tenant, utf8(userId))),
  })
  const ofForeign = (name, reason, tenant, foreignId, ring = RING) => ({
    ...named('foreign', name, reason, tenant, ring),
    foreign_id: foreignId,
    session_id: foreignSessionId(ring.lookup, tenant, foreignId).toString('hex'),
  })
  const ofReceipt = (name, reason, tenant, ring = RING) => ({
    ...named('receipt', name, reason, tenant, ring),
    receipt_key: receiptKey(ring.lookup, tenant).toString('hex'),
  })

  return [
    ofSession('session', 'The known answer of the format', 'acme', SESSION_ID),
    ofSession('session-other-tenant', 'Another tenant has other names for the same session ID', 'acme2', SESSION_ID),
    ofSession('session-other-id', 'Another session ID of the same placement', 'acme', flip(SESSION_ID, 31)),
    ofSession('session-other-placement', 'The placement is part of the session ID: all other bytes change too',
      'acme', flip(SESSION_ID, 0)),
    ofSession('session-placement-0', 'Placement 0', 'acme', startWith(0x00, SESSION_ID)),
    ofSession('session-placement-255', 'Placement 255', 'acme', startWith(0xff, SESSION_ID)),
    ofSession('session-equal-bytes', 'A session ID may be any 32 bytes', 'acme', Buffer.alloc(32)),
    ofSession('session-tenant-shortest', 'A tenant of one character', 'a', SESSION_ID),
    ofSession('session-tenant-longest', 'A tenant of 64 characters', 'a'.repeat(64), SESSION_ID),
    ofSession('session-of-foreign-id', 'The session ID that the known foreign ID leads to', 'acme',
      foreignSessionId(LOOKUP, 'acme', FOREIGN_ID)),

    ofUser('user', 'The known answer of the format', 'acme', 'u_1'),
    ofUser('user-other-tenant', 'Another tenant knows the same user by another name', 'acme2', 'u_1'),
    ofUser('user-other-lookup-key', 'Another lookup key gives other names', 'acme', 'u_1', OTHER_RING),
    ofUser('user-shortest', 'A user ID of one byte', 'acme', 'u'),
    ofUser('user-longest', 'A user ID of 256 bytes', 'acme', 'u'.repeat(256)),
    ofUser('user-longest-non-ascii', 'A user ID of 256 bytes in 128 characters', 'acme', 'é'.repeat(128)),
    ofUser('user-upper-case', 'Case is kept', 'acme', 'U_1'),
    ofUser('user-space-after', 'White space is kept', 'acme', 'u_1 '),
    ofUser('user-nfc', 'Composed: e with acute is one character', 'acme', 'zo\u00e9'),
    ofUser('user-nfd', 'Decomposed: e and a combining acute; never normalised, so another user', 'acme', 'zoe\u0301'),
    ofUser('user-astral', 'A character of four bytes', 'acme', '\u{1f511}'),
    ofUser('user-joined-left', 'lp keeps tenant and user ID apart: ab, c', 'ab', 'c'),
    ofUser('user-joined-right', 'lp keeps tenant and user ID apart: a, bc', 'a', 'bc'),
    ofUser('user-like-foreign-id', 'A user ID and a foreign ID of the same text have unrelated names',
      'acme', FOREIGN_ID),

    ofForeign('foreign', 'The known answer of the format', 'acme', FOREIGN_ID),
    ofForeign('foreign-other-tenant', 'Another tenant has another session for the same foreign ID',
      'acme2', FOREIGN_ID),
    ofForeign('foreign-other-lookup-key', 'Another lookup key leads to another session',
      'acme', FOREIGN_ID, OTHER_RING),
    ofForeign('foreign-upper-case', 'Case is kept, in a UUID too', 'acme', FOREIGN_ID.toUpperCase()),
    ofForeign('foreign-shortest', 'A foreign ID of 16 characters', 'acme', '0123456789abcdef'),
    ofForeign('foreign-longest', 'A foreign ID of 128 characters', 'acme', '0123456789abcdef'.repeat(8)),
    ofForeign('foreign-punctuation', 'Every visible character that is no letter or digit', 'acme',
      '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'),
    ofForeign('foreign-joined-left', 'lp keeps tenant and foreign ID apart: acme-5, e551…',
      'acme-5', FOREIGN_ID.slice(1)),
    ofForeign('foreign-joined-right', 'lp keeps tenant and foreign ID apart: acme-, 5e551…', 'acme-', FOREIGN_ID),

    ofReceipt('receipt', 'The receipt key of a tenant', 'acme'),
    ofReceipt('receipt-other-tenant', 'Another tenant has another receipt key', 'acme2'),
    ofReceipt('receipt-other-lookup-key', 'Another lookup key gives another receipt key', 'acme', OTHER_RING),
  ]
}
