// Outcomes, as the kernel writes them (src/wasm/outcome.rs).
import { fromCode, SealedSessionError } from '../errors.ts';
import type { ListedSession, Written } from '../types.ts';
import type { Reader } from './wire.ts';

/** What a call came to. */
export type Outcome =
  | { type: 'created'; id: string | undefined; session: LiveSession }
  | { type: 'ended' }
  | ({ type: 'exported'; unreadable: number; revokedAt: Date | undefined } & Rows)
  | ({ type: 'listed' } & Rows)
  | { type: 'revoked'; ended: number; completeBy: number; next: string | undefined }
  | { type: 'session'; session: LiveSession };

/** A session as the rules tell it. */
export interface LiveSession {
  state: Written;
  user: string | undefined;
  label: string | undefined;
  /** JSON in UTF-8. */
  data: Uint8Array;
}

interface Rows {
  sessions: ListedSession[];
  next: string | undefined;
}

/** Reads how a call ended. */
export function readResult(from: Reader): Outcome | SealedSessionError {
  switch (from.u8()) {
    case 0: {
      const code = from.text();
      return fromCode(code, from.text());
    }
    case 1: {
      const id = from.optional(text);
      return { type: 'created', id, session: liveSession(from) };
    }
    case 2:
      return { type: 'ended' };
    case 3: {
      const rows = readRows(from);
      return { type: 'exported', ...rows, unreadable: from.u32(), revokedAt: from.optional(time) };
    }
    case 4:
      return { type: 'listed', ...readRows(from) };
    case 5:
      return { type: 'revoked', ended: from.u32(), completeBy: from.u64(), next: from.optional(text) };
    case 6:
      return { type: 'session', session: liveSession(from) };
    default:
      throw new SealedSessionError('internal_error');
  }
}

function liveSession(from: Reader): LiveSession {
  const state = {
    handle: from.text(),
    csrf: from.text(),
    version: from.text(),
    createdAt: time(from),
    lastSeenAt: time(from),
    expiresAt: time(from),
    idleExpiresAt: time(from),
  };
  return { state, user: from.optional(text), label: from.optional(text), data: from.bytes() };
}

function readRows(from: Reader): Rows {
  return { sessions: from.list(row), next: from.optional(text) };
}

function row(from: Reader): ListedSession {
  const [handle, createdAt, joinedAt, lastSeenAt, expiresAt, idleExpiresAt] = [
    from.text(),
    time(from),
    time(from),
    time(from),
    time(from),
    time(from),
  ];
  return { handle, label: from.optional(text), createdAt, joinedAt, lastSeenAt, expiresAt, idleExpiresAt };
}

const text = (from: Reader): string => from.text();
const time = (from: Reader): Date => new Date(from.u64());
