import type { Callback } from './callback.ts';

/** What `sealed` wraps: a store for express-session or for @fastify/session. With `any`, since each types sessions in its own way. */
export interface InnerStore {
  get(sid: string, callback: Callback<any>): unknown;
  set(sid: string, session: any, callback: (error?: any) => void): unknown;
  destroy(sid: string, callback: (error?: any) => void): unknown;
  touch?(sid: string, session: any, callback: (error?: any) => void): unknown;
  length?(callback: Callback<number>): unknown;
  clear?(callback?: (error?: any) => void): unknown;
  /** Stores for express-session have it from their base class. */
  createSession?(request: any, session: any): any;
  on?(event: string, listener: (...values: any[]) => void): unknown;
}

/** What a store's `get` says it finds; `any` where it does not say. */
export type SessionOf<S extends InnerStore> = unknown extends Found<S> ? any : [Found<S>] extends [never] ? any : NonNullable<Found<S>>;

type Found<S extends InnerStore> = Parameters<NonNullable<Parameters<S['get']>[1]>>[1];

/** What an inner store gets to keep under a handle. */
export interface Stored {
  /** In the clear: stores compute their TTL from it. */
  cookie: unknown;
  /** Everything else, and the cookie once more. */
  sealed: string;
}
