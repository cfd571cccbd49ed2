import { SealedSessionError } from './errors.ts';
import * as command from './rules/command.ts';
import { type LocalSessions, session } from './sessions.ts';
import type { UserSessions } from './types.ts';

/** The calls about one user, over rules in this process. */
export function userSessions<T>(sessions: LocalSessions<T>, user: string): UserSessions<T> {
  const { revocationBound } = sessions;

  const revokeAll = async (except: string | undefined, cursor: string | undefined, options: object) => {
    const outcome = await sessions.run(command.revokeAll(user, except, cursor), options);
    if (outcome.type !== 'revoked') throw new SealedSessionError('internal_error');
    return outcome;
  };

  return {
    async list({ limit, cursor, ...options } = {}) {
      const outcome = await sessions.run(command.list(user, pageLimit(limit), cursor), options);
      if (outcome.type !== 'listed') throw new SealedSessionError('internal_error');
      return { sessions: outcome.sessions, next: outcome.next };
    },

    async revoke(handle, options = {}) {
      await sessions.run(command.revokeOne(user, handle), options);
      return { revocationBound };
    },

    async revokeAll({ except, cursor, ...options } = {}) {
      const { ended, next } = await revokeAll(except, cursor, options);
      return { ended, more: next !== undefined, next, revocationBound };
    },

    async export({ limit, cursor, session: id, ...options } = {}) {
      const included = id === undefined ? undefined : await ownSession(sessions, id, user, options);
      const outcome = await sessions.run(command.exportUser(user, pageLimit(limit), cursor), options);
      if (outcome.type !== 'exported') throw new SealedSessionError('internal_error');
      return {
        schema: 'sealed-session/export/v1',
        exportedAt: new Date(sessions.now()),
        user,
        sessions: outcome.sessions,
        unreadableSessions: outcome.unreadable,
        revokedAt: outcome.revokedAt,
        session: included,
        next: outcome.next,
      };
    },

    async erase({ cursor, receipt: before, ...options } = {}) {
      const revoked = await revokeAll(undefined, cursor, options);
      const receipt = sessions.receipt(user, revoked, before);
      const verified = await sessions.verify(receipt);
      if (!verified.authentic) throw new SealedSessionError('internal_error');
      const { erasedAt, sessionsEnded, completeBy, partial } = verified;
      const more = revoked.next !== undefined;
      return { receipt, erasedAt, sessionsEnded, completeBy, partial, more, next: revoked.next, revocationBound };
    },
  };
}

async function ownSession<T>(sessions: LocalSessions<T>, id: string, user: string, options: object) {
  const found = session<T>(await sessions.run(command.read(id, true), options));
  const { user: owner, csrf: _csrf, version: _version, ...exported } = found;
  if (owner !== user) throw new SealedSessionError('no_such_session');
  return exported;
}

function pageLimit(limit = MAX_ROWS): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_ROWS) {
    throw new SealedSessionError('invalid_field', { field: 'limit' });
  }
  return limit;
}

/** Sessions on a page, at most. */
const MAX_ROWS = 100;
