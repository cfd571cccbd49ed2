import * as base64url from '../base64url.ts';
import type { Batch, Change, Page, Store } from '../store.ts';

/** What is used of a Workers KV namespace. */
export interface KVNamespaceLike {
  get(key: string, options: { type: 'arrayBuffer'; cacheTtl: number }): Promise<ArrayBuffer | null>;
  getWithMetadata(key: string, options: { type: 'arrayBuffer'; cacheTtl: number }): Promise<{ metadata: unknown }>;
  put(key: string, value: ArrayBufferView, options: { expiration: number; metadata?: unknown }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string; limit: number; cursor?: string }): Promise<{
    keys: { name: string; metadata?: unknown }[];
    list_complete: boolean;
    cursor?: string;
  }>;
}

export interface KvOptions {
  /** Seconds until a write is seen everywhere, 30 to 3600. Cloudflare documents 60 and guarantees none; it bounds every revocation. */
  visibility?: number | undefined;
  now?: (() => number) | undefined;
}

/**
 * Workers KV, in the layout of the sealed-session Worker: both can serve one namespace.
 *
 * What is relied on: a write is seen everywhere within `visibility`, the last of two writes wins, and a value is gone at its
 * expiration. An entry of a user's list is one string in its key's metadata, so that one list call shows a thousand.
 */
export function kvStore(namespace: KVNamespaceLike, { visibility = 60, now = Date.now }: KvOptions = {}): Store {
  const get = async (key: string): Promise<Uint8Array | undefined> => {
    if (isEntry(key)) return metadata((await namespace.getWithMetadata(key, GET)).metadata);
    const value = await namespace.get(key, GET);
    return value === null ? undefined : new Uint8Array(value);
  };

  const send = async (change: Change): Promise<void> => {
    if (change.type === 'delete') return namespace.delete(change.key);
    // KV refuses an expiration less than a minute away. The record decides what is over; KV tidies up.
    const expiration = Math.max(change.expiresAt, Math.floor(now() / 1000) + SOONEST_EXPIRATION);
    return isEntry(change.key)
      ? namespace.put(change.key, NOTHING, { expiration, metadata: base64url.encode(change.value) })
      : namespace.put(change.key, change.value, { expiration });
  };

  const apply = async ({ changes, notAfter = Number.POSITIVE_INFINITY }: Batch): Promise<'applied' | 'too_late'> => {
    for (const change of changes) {
      for (let tries = 1; ; tries++) {
        if (now() > notAfter) return 'too_late';
        try {
          await send(change);
          break;
        } catch (error) {
          if (!isTooSoon(error) || tries === MAX_TRIES) throw error;
          const wait = BASE_WAIT * tries + Math.random() * JITTER;
          // A wait that ends too late is not worth waiting for.
          if (now() + wait > notAfter) return 'too_late';
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
      }
    }
    return 'applied';
  };

  const list = async (prefix: string, limit: number, after: string | undefined): Promise<Page> => {
    const cursor = after === undefined ? {} : { cursor: after };
    const page = await namespace.list({ prefix, limit: Math.min(limit, MAX_LIST), ...cursor });
    const entries = page.keys.map(({ name, metadata: held }) => ({ key: name, value: metadata(held) ?? NOTHING }));
    return { entries, next: page.list_complete ? undefined : page.cursor };
  };

  return {
    promises: { atomic: false, visibility },
    get: (keys) => Promise.all(keys.map(get)),
    apply,
    list: ({ prefix, after, limit }) => list(prefix, limit, after),
  };
}

function isEntry(key: string): boolean {
  return key.startsWith('u:');
}

function metadata(held: unknown): Uint8Array | undefined {
  return typeof held === 'string' ? base64url.decode(held) : undefined;
}

/** KV says `KV PUT failed: 429 Too Many Requests`; the number is its only structure. */
function isTooSoon(error: unknown): boolean {
  return error instanceof Error && error.message.includes(' 429 ');
}

/** Seconds: the least that KV caches for. */
const GET = { type: 'arrayBuffer', cacheTtl: 30 } as const;
const NOTHING = /* @__PURE__ */ new Uint8Array(0);
/** Seconds: KV's minute, and what clocks differ. */
const SOONEST_EXPIRATION = 90;
/** Keys of one list call. */
const MAX_LIST = 1000;
/** Tries of one write, the first included: some 8 seconds of waiting at the most. */
const MAX_TRIES = 4;
/** Milliseconds: what KV asks for between two writes of one key. */
const BASE_WAIT = 1000;
/** Milliseconds: keeps two writers that collided from colliding again. */
const JITTER = 500;
