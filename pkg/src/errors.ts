/** What the session rules refuse; the same codes as in the kernel and in openapi.yaml. */
export type SessionErrorCode =
  | 'data_too_large'
  | 'internal_error'
  | 'invalid_data'
  | 'invalid_lifetime'
  | 'native_id'
  | 'no_lookup_key'
  | 'no_randomness'
  | 'no_such_session'
  | 'session_ended'
  | 'store_unavailable'
  | 'version_conflict';

/** Why a keyring's text was refused. */
export type KeyringErrorCode =
  | 'equal_key_ids'
  | 'malformed_key'
  | 'missing_keys'
  | 'no_root_key'
  | 'two_lookup_keys'
  | 'weak_key';

/** Why something was not sealed or not opened. */
export type EnvelopeErrorCode = 'expired' | 'malformed' | 'payload_too_large' | 'unauthentic' | 'unknown_key';

/** What a caller said wrong; `field` names it. */
export type UsageErrorCode =
  | 'cookie_too_large'
  | 'invalid_field'
  | 'invalid_option'
  | 'invalid_receipt'
  | 'invalid_session_id'
  | 'response_sent';

/** What only the Worker answers, to `remoteSessions`. */
export type RemoteErrorCode = 'body_too_large' | 'forbidden' | 'not_configured' | 'unauthorized' | 'unexpected_answer';

export type ErrorCode = SessionErrorCode | KeyringErrorCode | EnvelopeErrorCode | UsageErrorCode | RemoteErrorCode;

/**
 * Every error of this package. `code` is stable; `message` is for people and carries no key, ID, user or payload, so it may
 * be logged; `cause` is what a store, a network or a caller's own code threw.
 */
export class SealedSessionError extends Error {
  override readonly name = 'SealedSessionError';
  readonly code: ErrorCode;
  /** The field or option that it is about. */
  readonly field: string | undefined;

  constructor(code: ErrorCode, options: { field?: string | undefined; cause?: unknown; message?: string } = {}) {
    const { field, cause, message } = options;
    const text = message ?? MESSAGES[code];
    super(field === undefined ? text : `${text}: ${field}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.field = field;
  }
}

/** Whether something that was thrown is an error of ours with this code. */
export function isSealedSessionError(error: unknown, code?: ErrorCode): error is SealedSessionError {
  return error instanceof SealedSessionError && (code === undefined || error.code === code);
}

/** What the kernel throws is a code, and behind a colon the option that it is about. */
export function fromKernel(thrown: unknown): SealedSessionError {
  if (thrown instanceof SealedSessionError) return thrown;
  if (typeof thrown !== 'string') return new SealedSessionError('internal_error', { cause: thrown });
  const [code = '', field] = thrown.split(':');
  return fromCode(code, field);
}

/** An error by its code; one that this release does not know is a bug of its own. */
export function fromCode(code: string, field?: string): SealedSessionError {
  return isErrorCode(code)
    ? new SealedSessionError(code, { field: field === '' ? undefined : field })
    : new SealedSessionError('internal_error');
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(MESSAGES, code);
}

const MESSAGES: Readonly<Record<ErrorCode, string>> = {
  body_too_large: 'Cannot send request: its body is larger than the Worker takes',
  cookie_too_large: 'Cannot set cookie: it is larger than browsers keep',
  data_too_large: 'Cannot keep session: its data is larger than allowed',
  equal_key_ids: 'Cannot read keys: two root keys have the same key ID',
  expired: 'Cannot open envelope: it expired',
  forbidden: 'Cannot call the Worker: the API token lacks the scope for this call',
  internal_error: 'Internal error: please report it',
  invalid_data: 'Cannot keep data: it is not JSON',
  invalid_field: 'Invalid value',
  invalid_lifetime: 'Lifetime is out of bounds',
  invalid_option: 'Invalid option',
  invalid_receipt: "Cannot use receipt: it is not one of this deployment's about this user",
  invalid_session_id: 'Invalid session ID: expected one of ours, or 16 to 128 visible ASCII characters',
  malformed: 'Cannot open envelope: it is malformed',
  malformed_key: 'Cannot read keys: expected items separated by commas, each slk1_ or ssk1_ and 43 base64url characters',
  missing_keys: 'Set SESSION_KEYS: npx sealed-session keygen',
  native_id: 'Cannot create session: an ID of ours is never chosen by the caller',
  no_lookup_key: 'Keys have no lookup key (slk1_…), which users and foreign session IDs need',
  no_randomness: "The platform's random source failed",
  no_root_key: 'Cannot read keys: there is no root key (ssk1_…)',
  no_such_session: 'No such session: it ended, expired or never was',
  not_configured: "The Worker's settings are not valid: its log says what to set",
  payload_too_large: 'Cannot seal: payload is over 1 MiB or subject over 4 KiB',
  response_sent: 'Cannot give the session a new ID: the response has its headers, and no cookie can be set any more',
  session_ended: 'Cannot create session: one under this ID ended a moment ago',
  store_unavailable: 'The session store is unavailable: try again',
  two_lookup_keys: 'Cannot read keys: there is more than one lookup key (slk1_…)',
  unauthentic: 'Cannot open envelope: it was not sealed for this, or was altered',
  unauthorized: 'Cannot call the Worker: the API token is not one of its own',
  unexpected_answer: 'The Worker answered what this release does not understand',
  unknown_key: 'Cannot open envelope: it was sealed under a key that is not in the keyring',
  version_conflict: 'The session has another version: read it again',
  weak_key: 'Cannot read keys: a key is one byte repeated',
};
