// Requests to the Worker: one call, its time limit, its repetitions, and what goes wrong.
import { seconds } from '../duration.ts';
import { isErrorCode, SealedSessionError } from '../errors.ts';
import type { Duration } from '../types.ts';

export interface RemoteOptions {
  /** Where the Worker is: `https://sessions.example.com`. With a service binding any host will do. */
  url: string;
  /** An API token of its own: `sst_…`. */
  token: string | undefined;
  /** For a service binding: `(request) => env.SESSIONS.fetch(request)`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** For a call with its repetitions: 5 s. */
  timeout?: Duration | undefined;
  /** The tenant of the token, for `handle` and `csrfToken`. */
  tenant?: string | undefined;
}

/** One call. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  headers?: Record<string, string | undefined>;
  /** JSON. */
  body?: string | undefined;
  /** Whether to do it twice is to do it once. */
  isRepeatable?: boolean;
  signal: AbortSignal | undefined;
}

/** What the Worker answered to a call that it took. */
export interface Answer {
  headers: Headers;
  /** `undefined` where there is no body. */
  body: Record<string, unknown> | undefined;
}

export type Transport = (call: Call) => Promise<Answer>;

/** Sends calls, each until it is answered, refused or out of time. */
export function transport({ url, token, fetch: send = (request) => fetch(request), timeout = '5s' }: RemoteOptions): Transport {
  if (token === undefined || token === '') throw new SealedSessionError('invalid_option', { field: 'token' });
  const base = baseOf(url);
  const limit = seconds(timeout, 'timeout') * 1000;

  return async (call) => {
    const outOfTime = AbortSignal.timeout(limit);
    const signal = call.signal === undefined ? outOfTime : AbortSignal.any([call.signal, outOfTime]);
    for (let tries = 1; ; tries++) {
      try {
        const response = await send(requestOf(call, base, token, signal));
        const wait = call.isRepeatable === true && tries < MAX_TRIES ? waitBefore(response, tries) : undefined;
        if (wait === undefined) return await answerOf(response);
        await response.body?.cancel();
        await sleep(wait, signal);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (error instanceof SealedSessionError) throw error;
        throw new SealedSessionError('store_unavailable', { cause: error });
      }
    }
  };
}

function requestOf({ method, path, headers = {}, body }: Call, base: string, token: string, signal: AbortSignal): Request {
  const request = new Headers({ authorization: `Bearer ${token}` });
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) request.set(name, value);
  if (body !== undefined) request.set('content-type', method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
  // Followed, a redirect would carry the session's ID to wherever it leads.
  return new Request(base + path, { method, headers: request, signal, redirect: 'manual', ...(body === undefined ? {} : { body }) });
}

async function answerOf(response: Response): Promise<Answer> {
  const { headers, status } = response;
  const body = status === 204 ? undefined : await jsonOf(response);
  if (response.ok) return { headers, body };
  throw refusal(status, body ?? {});
}

async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // Somebody else's page, most of the time: a proxy's or a firewall's.
  }
  if (response.status === 503 || response.status === 429) throw new SealedSessionError('store_unavailable');
  throw new SealedSessionError('unexpected_answer', { field: `status ${response.status}` });
}

/** The Worker's problem as the error that the rules would have thrown here. */
function refusal(status: number, { code, field }: Record<string, unknown>): SealedSessionError {
  const about = typeof field === 'string' ? field : undefined;
  if (code === 'missing_user_id') return new SealedSessionError('invalid_field', { field: 'user' });
  if (code === 'invalid_header' && about === 'Receipt') return new SealedSessionError('invalid_receipt');
  if (code === 'invalid_header' || code === 'invalid_query') {
    return new SealedSessionError('invalid_field', { field: FIELDS[about ?? ''] ?? about });
  }
  if (typeof code === 'string' && isErrorCode(code)) return new SealedSessionError(code, { field: about });
  return status === 429
    ? new SealedSessionError('store_unavailable')
    : new SealedSessionError('unexpected_answer', { field: `status ${status}` });
}

/** Milliseconds until a refused call is worth another try; nothing where it is not. */
function waitBefore({ status, headers }: Response, tries: number): number | undefined {
  if (status !== 503 && status !== 429) return undefined;
  const asked = Number(headers.get('retry-after') ?? 0) * 1000;
  return Math.min(Math.max(Number.isFinite(asked) ? asked : 0, FIRST_WAIT * 2 ** (tries - 1)), LONGEST_WAIT) * (1 + Math.random() / 4);
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  });
}

/** The URL without what follows its path, and without a slash at its end. */
function baseOf(url: string): string {
  const parsed = URL.parse?.(url) ?? null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) throw new SealedSessionError('invalid_option', { field: 'url' });
  return parsed.origin + parsed.pathname.replace(/\/+$/, '');
}

/** What the fields of a call are called in HTTP. */
const FIELDS: Readonly<Record<string, string>> = { 'If-Match': 'version', 'User-Id': 'user' };
/** Tries of a call, the first included. */
const MAX_TRIES = 3;
/** Milliseconds. */
const FIRST_WAIT = 100;
/** Milliseconds: nobody waits longer for a page. */
const LONGEST_WAIT = 2000;
