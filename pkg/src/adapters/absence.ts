// What stores of frameworks make of a session that is not there: for them it is no error.
import { isSealedSessionError } from '../errors.ts';

/** A session that is over, since a while or since a moment ago, takes no write, and needs none. */
export function overOrThrow(error: unknown): undefined {
  if (isSealedSessionError(error, 'no_such_session') || isSealedSessionError(error, 'session_ended')) return;
  throw error;
}

/** Under an ID that has not the form of one there is no session, and none to end. */
export function absentOrThrow(error: unknown): undefined {
  if (isSealedSessionError(error, 'no_such_session') || isSealedSessionError(error, 'invalid_session_id')) return;
  throw error;
}
