// Databunker's v1 listing: GET /v1/sessions/{mode}/{identity}.
import { setTimeout as sleep } from 'node:timers/promises';

import { SealedSessionError } from '../../errors.ts';
import type { User } from './users.ts';

/** A session as Databunker lists it. */
export interface Row {
  session: string;
  /** Unix seconds of its last write. */
  when: number;
  data: Readonly<Record<string, unknown>>;
}

export interface Listing {
  rows: Row[];
  /** Rows that are not sessions by the contract. */
  malformed: number;
}

/** Why a listing is not to be had. `denied` is about the token, and so about every user. */
export type Refusal = 'denied' | 'no such user' | 'source unavailable' | 'unexpected answer';

export class ListingError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, cause?: unknown) {
    super(refusal, { cause });
    this.refusal = refusal;
  }
}

export class Databunker {
  readonly #url: URL;
  readonly #token: string;
  readonly #wait: number;

  /** `wait` is in milliseconds, before the second try; each further one waits twice as long. */
  constructor(url: URL, token: string, { wait = FIRST_WAIT }: { wait?: number } = {}) {
    [this.#url, this.#token, this.#wait] = [url, token, wait];
  }

  /** The user's live sessions, each once. Throws `ListingError`. */
  async sessions(user: User): Promise<Listing> {
    // A listing shows what has expired once more and only then sweeps it; this one is for the sweep.
    await this.#page(user, 0, 1);
    for (let passes = 1; ; passes++) {
      const listed = await this.#pages(user);
      // Rows that go away meanwhile move those behind them to the page before. What stays the same length has not moved.
      if (listed !== undefined) return listed;
      if (passes === MAX_PASSES) throw new ListingError('source unavailable');
    }
  }

  async #pages(user: User): Promise<Listing | undefined> {
    const rows = new Map<string, Row>();
    let [offset, malformed, expected] = [0, 0, -1];
    for (;;) {
      const page = await this.#page(user, offset, PAGE);
      if (expected !== -1 && page.total !== expected) return undefined;
      expected = page.total;
      for (const raw of page.rows) {
        const row = rowOf(raw);
        if (row === undefined) malformed++;
        // Made at the same time, one session may have many rows.
        else if (row.when >= (rows.get(row.session)?.when ?? 0)) rows.set(row.session, row);
      }
      offset += page.rows.length;
      if (page.rows.length === 0 || offset >= page.total) return { rows: [...rows.values()], malformed };
    }
  }

  async #page({ mode, identity }: User, offset: number, limit: number): Promise<{ total: number; rows: unknown[] }> {
    const path = `/v1/sessions/${mode}/${encodeURIComponent(identity)}?offset=${offset}&limit=${limit}`;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ask(path);
      } catch (error) {
        if (!(error instanceof ListingError) || error.refusal !== 'source unavailable' || tries === MAX_TRIES) throw error;
        await sleep(this.#wait * 2 ** (tries - 1));
      }
    }
  }

  async #ask(path: string): Promise<{ total: number; rows: unknown[] }> {
    let response: Response;
    let text: string;
    try {
      const headers = { 'x-bunker-token': this.#token, accept: 'application/json' };
      response = await fetch(this.#url.href.replace(/\/$/, '') + path, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
      text = await response.text();
    } catch (error) {
      throw new ListingError('source unavailable', error);
    }
    return read(response.status, text);
  }
}

/** Nearly every error is a 405 there, and told by its message; over SQLite a busy database is one. */
function read(status: number, text: string): { total: number; rows: unknown[] } {
  if (status === 403 || status === 401) throw new ListingError('denied');
  const body = objectOf(text);
  if (status === 200 && body?.['status'] === 'ok' && typeof body['total'] === 'number' && Array.isArray(body['rows'])) {
    return { total: body['total'], rows: body['rows'] };
  }
  const message = body?.['message'];
  if (message === 'not found' || message === 'bad uuid') throw new ListingError('no such user');
  const isBusy = typeof message === 'string' && /database is locked|internal error/.test(message);
  throw new ListingError(isBusy || status >= 500 || status === 429 ? 'source unavailable' : 'unexpected answer');
}

function rowOf(raw: unknown): Row | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { session, when, data } = raw as Record<string, unknown>;
  const isRow = typeof session === 'string' && UUID.test(session) && Number.isInteger(when) && typeof data === 'object' && data !== null;
  return isRow ? { session, when: when as number, data: data as Record<string, unknown> } : undefined;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The error that ends the whole run. */
export function deniedError(): SealedSessionError {
  return new SealedSessionError('unauthorized', { message: 'Databunker refuses DATABUNKER_TOKEN, or it is a login token: a root token is needed' });
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Rows on a page: what Databunker gives at most. */
const PAGE = 100;
const MAX_PASSES = 5;
const MAX_TRIES = 5;
/** Milliseconds. */
const FIRST_WAIT = 200;
/** Milliseconds for an answer. */
const TIMEOUT = 30_000;
