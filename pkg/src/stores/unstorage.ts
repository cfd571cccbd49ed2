import type { Change, Store } from '../store.ts';

/** What is used of an unstorage `Storage`. */
export interface StorageLike {
  getItemRaw(key: string): Promise<unknown>;
  setItemRaw(key: string, value: Uint8Array, options?: { ttl?: number }): Promise<void>;
  removeItem(key: string): Promise<void>;
  getKeys(base?: string): Promise<string[]>;
}

export interface UnstorageOptions {
  /** Seconds until a write is seen everywhere, 30 to 3600: 60. */
  visibility?: number | undefined;
  now?: (() => number) | undefined;
}

/** A store that can be swept of what expired. */
export interface SweepableStore extends Store {
  /** Deletes what expired, and says how much that was. Many drivers ignore a TTL: run it daily. */
  sweep(): Promise<number>;
}

/**
 * Any unstorage storage. It has no conditions, and whether its writes are seen at once depends on the driver, so it is taken
 * for an eventual one, with the bounds that follow.
 */
export function unstorageStore(storage: StorageLike, { visibility = 60, now = Date.now }: UnstorageOptions = {}): SweepableStore {
  const second = () => Math.floor(now() / 1000);

  const get = async (key: string): Promise<Uint8Array | undefined> => bytesOf(await storage.getItemRaw(key));

  const send = async (change: Change): Promise<void> => {
    if (change.type === 'delete') return storage.removeItem(change.key);
    const ttl = Math.max(change.expiresAt - second(), SHORTEST_TTL);
    // A copy, since a driver that keeps values in memory keeps the very array.
    return storage.setItemRaw(change.key, change.value.slice(), { ttl });
  };

  return {
    promises: { atomic: false, visibility },

    get: (keys) => Promise.all(keys.map(get)),

    async apply({ changes, notAfter }) {
      for (const change of changes) {
        if (notAfter !== undefined && now() > notAfter) return 'too_late';
        await send(change);
      }
      return 'applied';
    },

    async list({ prefix, after, limit }) {
      const keys = (await storage.getKeys(prefix)).filter((key) => key.startsWith(prefix) && (after === undefined || key > after));
      const page = keys.toSorted().slice(0, limit);
      const values = await Promise.all(page.map(get));
      const entries = page.flatMap((key, at) => {
        const value = values[at];
        return value === undefined ? [] : [{ key, value }];
      });
      return { entries, next: keys.length > limit ? page.at(-1) : undefined };
    },

    async sweep() {
      let swept = 0;
      for (const prefix of PREFIXES) {
        for (const key of await storage.getKeys(prefix)) {
          const expiresAt = expiryOf(await get(key));
          if (expiresAt === undefined || expiresAt > second()) continue;
          await storage.removeItem(key);
          swept += 1;
        }
      }
      return swept;
    },
  };
}

/** What a driver gave back: some make a Buffer of it, some an ArrayBuffer. Anything else is not ours. */
function bytesOf(stored: unknown): Uint8Array | undefined {
  if (stored instanceof ArrayBuffer) return new Uint8Array(stored);
  return stored instanceof Uint8Array ? stored : undefined;
}

/** The Unix second at which a value may go. Nobody has authenticated it: who writes to the storage could as well delete. */
function expiryOf(value: Uint8Array | undefined): number | undefined {
  const at = EXPIRY_AT[value?.[0] ?? 0];
  if (value === undefined || at === undefined || value.length < at + 4) return undefined;
  return new DataView(value.buffer, value.byteOffset).getUint32(at);
}

/** Where a value says when it expires, by its first byte: markers and envelopes (docs/FORMAT.md). */
const EXPIRY_AT: Readonly<Record<number, number>> = { 0x01: 1, 0xf5: 5 };
/** The kinds of keys that `sessions` writes. */
const PREFIXES = ['a:', 'e:', 'f:', 'r:', 's:', 'u:'];
/** Seconds: what the strictest drivers take. */
const SHORTEST_TTL = 90;
