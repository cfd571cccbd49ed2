import type { UserSessions } from '../types.ts';
import * as answer from './answer.ts';
import { named, userHeader } from './headers.ts';
import type { Transport } from './transport.ts';

/** The calls about one user, over HTTP. The user stands in a header, never in a URL. */
export function userSessions<T>(send: Transport, user: string): UserSessions<T> {
  const headers = userHeader(user);

  return {
    async list({ limit, cursor, signal } = {}) {
      const path = SESSIONS + query({ limit, cursor });
      return answer.rows(answer.body(await send({ method: 'GET', path, headers, isRepeatable: true, signal })));
    },

    async revoke(handle, { signal } = {}) {
      // What has not the form of a handle shall not become another path.
      const path = `${SESSIONS}/${encodeURIComponent(handle)}`;
      return answer.ended(await send({ method: 'DELETE', path, headers, signal }));
    },

    async revokeAll({ except, cursor, signal } = {}) {
      const path = SESSIONS + query({ cursor });
      const all = { ...headers, ...named(except) };
      const body = answer.body(await send({ method: 'DELETE', path, headers: all, isRepeatable: true, signal }));
      return { ended: answer.number(body, 'ended'), ...answer.more(body) };
    },

    async export({ limit, cursor, session, signal } = {}) {
      const path = '/v1/user/export' + query({ limit, cursor });
      const all = { ...headers, ...named(session) };
      const body = answer.body(await send({ method: 'GET', path, headers: all, isRepeatable: true, signal }));
      return {
        schema: 'sealed-session/export/v1',
        exportedAt: answer.time(body, 'exported_at'),
        user: answer.text(body, 'user'),
        ...answer.rows(body),
        unreadableSessions: answer.number(body, 'unreadable_sessions'),
        revokedAt: answer.optionalText(body, 'revoked_at') === undefined ? undefined : answer.time(body, 'revoked_at'),
        session: answer.exportedSession<T>(body['session']),
      };
    },

    async erase({ cursor, receipt, signal } = {}) {
      const path = '/v1/user' + query({ cursor });
      const body = answer.body(await send({ method: 'DELETE', path, headers: { ...headers, receipt }, signal }));
      return { receipt: answer.text(body, 'receipt'), ...answer.erasure(body), ...answer.more(body) };
    },
  };
}

function query(parameters: Record<string, string | number | undefined>): string {
  const said = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return said.length === 0 ? '' : `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()}`;
}

const SESSIONS = '/v1/user/sessions';
