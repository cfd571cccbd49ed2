/**
 * A store for `sessions`: values by key, until they expire. It knows no session, no key and no rule; values are sealed or
 * markers, keys are at most 89 characters of `[a-z0-9A-Z_:-]`.
 *
 * Whatever a store throws becomes `store_unavailable`, with what it threw as `cause`.
 */
export interface Store {
  readonly promises: Promises;

  /** The values of `keys`, in their order; `undefined` where nothing is. An expired value may still be shown: the rules look. */
  get(keys: readonly string[], options: StoreCall): Promise<readonly (Uint8Array | undefined)[]>;

  /**
   * Applies the changes in their order and stops at the first failure, if all of `when` holds.
   *
   * - `conflict`: a condition did not hold; nothing was applied. Stores that are not atomic never look at conditions.
   * - `too_late`: it was past `notAfter` before everything was sent. What was sent stands.
   */
  apply(batch: Batch, options: StoreCall): Promise<'applied' | 'conflict' | 'too_late'>;

  /**
   * The entries whose key begins with `prefix`, in the order of their keys or in one of the store's own: those after
   * `after`, at most `limit`. `next` is the store's own word for where to go on, absent at the end; a page may hold fewer
   * entries than `limit`, even none, and still have a next.
   */
  list(page: { prefix: string; after: string | undefined; limit: number }, options: StoreCall): Promise<Page>;
}

/** What a store promises; the rules choose their scheme by it. Promise less, never more: it decides who is logged out when. */
export interface Promises {
  /**
   * Conditions hold at the moment of the change, a batch is applied whole or not at all, and every write is seen by the next
   * read, wherever that is.
   */
  atomic: boolean;
  /** Without `atomic`: seconds until a write is seen everywhere, from 30 to 3600. It is the bound of every revocation. */
  visibility?: number | undefined;
  /** Keys in one get and changes in one apply, at most. */
  maxBatch?: number | undefined;
}

/** Changes that belong together. */
export interface Batch {
  /** What must hold, in an atomic store. */
  when: readonly Condition[];
  changes: readonly Change[];
  /** Unix milliseconds after which nothing of it may be sent any more, retries included. */
  notAfter: number | undefined;
}

export type Change =
  /** This shall be there until `expiresAt` (Unix seconds); a store may keep it longer, never shorter. */
  | { type: 'put'; key: string; value: Uint8Array; expiresAt: number }
  /** Nothing shall be there. */
  | { type: 'delete'; key: string };

export type Condition =
  /** Exactly this is there, or nothing. */
  | { type: 'equals'; key: string; value: Uint8Array | undefined }
  /** A value is there whose bytes 9 to 20 are these. */
  | { type: 'version'; key: string; version: Uint8Array };

/** What every call of a store gets. */
export interface StoreCall {
  /** The caller gave up; answering is of no use any more. */
  signal: AbortSignal | undefined;
}

export interface Page {
  entries: readonly { key: string; value: Uint8Array }[];
  next?: string | undefined;
}

/** Whether a condition holds where `value` is stored; for stores that compare in JavaScript. */
export function holds(condition: Condition, value: Uint8Array | undefined): boolean {
  if (condition.type === 'version') {
    return value !== undefined && equal(value.subarray(VERSION_AT, VERSION_AT + condition.version.length), condition.version);
  }
  return value === undefined || condition.value === undefined ? value === condition.value : equal(value, condition.value);
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Where a value's version begins: docs/FORMAT.md, "Version". */
export const VERSION_AT = 9;
