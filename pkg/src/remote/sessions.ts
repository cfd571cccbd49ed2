import { utf8 } from '../bytes.ts';
import { optionalSeconds } from '../duration.ts';
import { isSealedSessionError, SealedSessionError } from '../errors.ts';
import * as json from '../json.ts';
import { withSealKernel } from '../kernel/seal.ts';
import type { Created, Sessions, WriteOptions, Written } from '../types.ts';
import * as answer from './answer.ts';
import { named, userHeader } from './headers.ts';
import { type RemoteOptions, type Transport, transport } from './transport.ts';
import { userSessions } from './user-sessions.ts';

/**
 * Sessions whose rules run in the sealed-session Worker: the same interface, over HTTP or a service binding. No keys here.
 *
 * Calls that read or end are tried again when the Worker says 503 or 429; a call that could make something twice is not.
 *
 * @example
 * const sessions = remoteSessions({ url: 'https://sessions.example.com', token: process.env.SESSIONS_TOKEN });
 */
export function remoteSessions<T = Record<string, unknown>>(options: RemoteOptions): Sessions<T> {
  const send = transport(options);
  const { tenant = 'default' } = options;

  return {
    async create({ data, user, label, idle, absolute, id, signal } = {}) {
      const seconds = { idle: optionalSeconds(idle, 'idle'), absolute: optionalSeconds(absolute, 'absolute') };
      const body = withData(data === undefined ? undefined : json.stringify(data), { user, label, ...seconds });
      const created = await send({ method: 'POST', path: '/v1/sessions', headers: named(id), body, signal });
      return withId(answer.body(created), id);
    },

    async read(id, { strict = false, signal } = {}) {
      try {
        const headers = { ...named(id), strict: strict ? 'true' : undefined };
        const read = await send({ method: 'GET', path: SESSION, headers, isRepeatable: true, signal });
        return answer.session<T>(answer.body(read));
      } catch (error) {
        if (isSealedSessionError(error, 'no_such_session')) return undefined;
        throw error;
      }
    },

    replace: (id, data, options = {}) => write(send, 'PUT', id, data, options),

    patch: (id, patch, options = {}) => write(send, 'PATCH', id, patch, options),

    async regenerate(id, { grace, user, data, signal } = {}) {
      const others = { grace: optionalSeconds(grace, 'grace'), user };
      const body = withData(data === undefined ? undefined : json.stringify(data), others);
      return withId(answer.body(await send({ method: 'POST', path: `${SESSION}/regenerate`, headers: named(id), body, signal })), undefined);
    },

    async end(id, { signal } = {}) {
      try {
        return answer.ended(await send({ method: 'DELETE', path: SESSION, headers: named(id), isRepeatable: true, signal }));
      } catch (error) {
        // What has not the form of an ID is a session that never was, and that is ended everywhere.
        if (isSealedSessionError(error, 'no_such_session')) return { revocationBound: 0 };
        throw error;
      }
    },

    user: (user) => userSessions<T>(send, user),

    async verify(receipt, user) {
      const headers = user === undefined ? {} : userHeader(user);
      const body = json.stringify({ receipt });
      try {
        const sent = await send({ method: 'POST', path: '/v1/receipts/verify', headers, body, isRepeatable: true, signal: undefined });
        const verified = answer.body(sent);
        if (verified['authentic'] !== true) return { authentic: false };
        const aboutUser = typeof verified['about_user'] === 'boolean' ? verified['about_user'] : undefined;
        return { authentic: true, aboutUser, ...answer.erasure(verified) };
      } catch (error) {
        if (isSealedSessionError(error, 'invalid_field') && error.field === 'receipt') return { authentic: false };
        throw error;
      }
    },

    handle: (id) => names(tenant, id).slice(0, NAME_LENGTH),
    csrfToken: (id) => names(tenant, id).slice(NAME_LENGTH),
  };
}

async function write(
  send: Transport,
  method: 'PUT' | 'PATCH',
  id: string,
  data: unknown,
  { version, user, label, idle, signal }: WriteOptions,
): Promise<Written> {
  const body = withData(json.stringify(data), { user, label, idle: optionalSeconds(idle, 'idle') });
  const headers = { ...named(id), 'if-match': version === undefined ? undefined : `"${version}"` };
  return answer.written(answer.body(await send({ method, path: SESSION, headers, body, signal })));
}

/** A body with data that is JSON already; what is `undefined` is left out. */
function withData(data: string | undefined, others: Record<string, unknown>): string {
  const rest = JSON.stringify(others);
  if (data === undefined) return rest;
  return rest === '{}' ? `{"data":${data}}` : `{"data":${data},${rest.slice(1)}`;
}

function withId(body: Record<string, unknown>, own: string | undefined): Created {
  return { id: answer.optionalText(body, 'id') ?? own ?? answer.text(body, 'id'), ...answer.state(body) };
}

/** Without keys a foreign ID leads nowhere. */
function names(tenant: string, id: string): string {
  const bytes = withSealKernel((kernel) => kernel.nativeNames(tenant, utf8(id)));
  if (bytes === undefined) throw new SealedSessionError('no_lookup_key');
  return String.fromCharCode(...bytes);
}

const SESSION = '/v1/session';
/** Characters of a handle and of a CSRF token. */
const NAME_LENGTH = 43;
