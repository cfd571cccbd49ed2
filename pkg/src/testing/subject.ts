import * as base64url from '../base64url.ts';
import type { Batch, Change, Condition, Page, Store } from '../store.ts';

/** The store under test, as the cases talk to it: keys of their own, and no option that a case has nothing to say about. */
export class Subject {
  readonly store: Store;
  /** The same data, seen from elsewhere. */
  readonly other: Store;
  /** Waits until writes are seen everywhere. */
  readonly settle: () => Promise<void>;
  /** The same data, where the backend fails after this many writes. */
  readonly failing: ((writes: number) => Store) | undefined;

  constructor(store: Store, other: Store, settle: () => Promise<void>, failing: ((writes: number) => Store) | undefined) {
    this.store = store;
    this.other = other;
    this.settle = settle;
    this.failing = failing;
  }

  async apply(changes: readonly Change[], { when = [], notAfter, by = this.store }: ApplyOptions = {}): Promise<string> {
    const batch: Batch = { when, changes, notAfter };
    return by.apply(batch, CALL);
  }

  /** What is there, from here and from elsewhere. */
  async get(...keys: string[]): Promise<readonly (Uint8Array | undefined)[]> {
    await this.settle();
    return this.other.get(keys, CALL);
  }

  /** A whole list, a page at a time. */
  async list(prefix: string, limit = 100): Promise<Page['entries'][number][]> {
    await this.settle();
    const entries: Page['entries'][number][] = [];
    let after: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const page = await this.other.list({ prefix, after, limit }, CALL);
      if (page.entries.length > limit) throw new Error(`a page of ${limit} has ${page.entries.length} entries`);
      entries.push(...page.entries);
      if (page.next === undefined) return entries;
      after = page.next;
    }
    throw new Error('a list that does not end');
  }
}

interface ApplyOptions {
  when?: readonly Condition[];
  notAfter?: number;
  by?: Store;
}

export const CALL = { signal: undefined };

/**
 * A name as `sessions` writes them: 43 characters of base64url. Names of one batch begin with one character, since `sessions`
 * names keys of one placement only.
 */
export function newName(placement = 'A'): string {
  return placement + base64url.encode(randomBytes(32)).slice(1);
}

export function put(key: string, value: Uint8Array, life = 3600): Change {
  return { type: 'put', key, value, expiresAt: Math.ceil(Date.now() / 1000) + life };
}

export function remove(key: string): Change {
  return { type: 'delete', key };
}

/** A value that is told from others by a number. */
export function value(number: number, length = 32): Uint8Array {
  const bytes = new Uint8Array(length).fill(7);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** Random bytes of any length. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MOST_RANDOM) crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM));
  return bytes;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Bytes that one call of `getRandomValues` gives. */
const MOST_RANDOM = 65_536;
/** More than any list of these cases has. */
const MOST_PAGES = 1000;
