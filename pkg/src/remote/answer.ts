// The Worker's JSON as what `Sessions` answers.
import { SealedSessionError } from '../errors.ts';
import type { Ended, Erasure, ExportedSession, ListedSession, Session, SessionState, Written } from '../types.ts';
import type { Answer } from './transport.ts';

type Json = Record<string, unknown>;

export function body({ body }: Answer): Json {
  if (body === undefined) throw new SealedSessionError('unexpected_answer', { field: 'body' });
  return body;
}

export function state(from: Json): SessionState {
  return {
    handle: text(from, 'handle'),
    csrf: text(from, 'csrf'),
    version: text(from, 'version'),
    createdAt: time(from, 'created_at'),
    expiresAt: time(from, 'expires_at'),
    idleExpiresAt: time(from, 'idle_expires_at'),
  };
}

export function written(from: Json): Written {
  return { ...state(from), lastSeenAt: time(from, 'last_seen_at') };
}

export function session<T>(from: Json): Session<T> {
  return { ...written(from), user: optionalText(from, 'user'), label: optionalText(from, 'label'), data: from['data'] as T };
}

/** The session that an export includes, if it was asked for one. */
export function exportedSession<T>(included: unknown): ExportedSession<T> | undefined {
  if (typeof included !== 'object' || included === null) return undefined;
  const from = included as Json;
  return {
    handle: text(from, 'handle'),
    label: optionalText(from, 'label'),
    data: from['data'] as T,
    createdAt: time(from, 'created_at'),
    lastSeenAt: time(from, 'last_seen_at'),
    expiresAt: time(from, 'expires_at'),
    idleExpiresAt: time(from, 'idle_expires_at'),
  };
}

export function rows(from: Json): { sessions: ListedSession[]; next: string | undefined } {
  const sessions = from['sessions'];
  if (!Array.isArray(sessions)) throw new SealedSessionError('unexpected_answer', { field: 'sessions' });
  return { sessions: sessions.map((session) => row(session as Json)), next: optionalText(from, 'next') };
}

function row(from: Json): ListedSession {
  return {
    handle: text(from, 'handle'),
    label: optionalText(from, 'label'),
    createdAt: time(from, 'created_at'),
    joinedAt: time(from, 'joined_at'),
    lastSeenAt: time(from, 'last_seen_at'),
    expiresAt: time(from, 'expires_at'),
    idleExpiresAt: time(from, 'idle_expires_at'),
  };
}

export function erasure(from: Json): Erasure {
  return {
    erasedAt: time(from, 'erased_at'),
    sessionsEnded: number(from, 'sessions_ended'),
    completeBy: time(from, 'complete_by'),
    partial: from['partial'] === true,
  };
}

/** The bound of an end, from the header of a 204. */
export function ended({ headers }: Answer): Ended {
  const bound = Number(headers.get('revocation-bound') ?? Number.NaN);
  if (!Number.isInteger(bound)) throw new SealedSessionError('unexpected_answer', { field: 'Revocation-Bound' });
  return { revocationBound: bound };
}

/** Whether to go on, and the bound, of an answer to a revocation. */
export function more(from: Json): Ended & { more: boolean; next: string | undefined } {
  const revocationBound = number(from, 'revocation_bound_seconds');
  return { more: from['more'] === true, next: optionalText(from, 'next'), revocationBound };
}

export function text(from: Json, field: string): string {
  const value = from[field];
  if (typeof value !== 'string') throw new SealedSessionError('unexpected_answer', { field });
  return value;
}

export function optionalText(from: Json, field: string): string | undefined {
  return from[field] === undefined || from[field] === null ? undefined : text(from, field);
}

export function number(from: Json, field: string): number {
  const value = from[field];
  if (typeof value !== 'number') throw new SealedSessionError('unexpected_answer', { field });
  return value;
}

export function time(from: Json, field: string): Date {
  const date = new Date(text(from, field));
  if (Number.isNaN(date.getTime())) throw new SealedSessionError('unexpected_answer', { field });
  return date;
}
