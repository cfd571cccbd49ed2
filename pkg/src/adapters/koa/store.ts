// koa-session is not imported: its types bring all of zod, and its stores need nothing of it.

/** A store for koa-session. With `any`, since it types sessions so. */
export interface KoaStore {
  /** `maxAge` is in milliseconds, or `'session'`. */
  get(key: string, maxAge: any, options: any): any;
  set(key: string, session: any, maxAge: any, options: any): any;
  destroy(key: string, options: any): any;
}

/** What koa-session tells a store besides. */
export interface StoreOptions {
  /** The request, from load to save. */
  ctx?: object | undefined;
}

/** A session as koa-session keeps it: its own fields, and in some with an underscore its `maxAge` and when it expires. */
export type Kept = Record<string, unknown>;
