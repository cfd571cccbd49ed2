import * as json from '../json.ts';
import type { Duration } from '../types.ts';
import { type MigrateFrom, migration } from './migration.ts';
import { lifetime, SealedValues, type SealingOptions } from './sealed-values.ts';

export type { MigrateFrom } from './migration.ts';

export interface SealedSerializerOptions extends SealingOptions {
  /** The longest life of a value from when it was written: a touch moves the store's expiry, and not this one. */
  ttl: Duration;
  /**
   * Reads plain JSON, too, until a date. A serializer writes nothing by itself: what it read is sealed when the store saves it
   * next, and counted each time it is read before. **Read at `MigrateFrom` what a writer of the store can do meanwhile.**
   */
  migrateFrom?: MigrateFrom | undefined;
}

/** The shape that stores call a serializer. Both calls are synchronous: connect-redis awaits no `stringify`. */
export interface SealedSerializer<T> {
  /** A sealed text. Throws where it cannot seal, and never writes plain text. */
  stringify(value: T): string;
  /** The value, or `null`, which a store takes for a miss: expired, altered, under a key that is gone, or never sealed. */
  parse(text: string): T | null;
}

/**
 * Seals what a store serializes, for stores that cannot be wrapped; wrap where you can. A serializer is not told the key, so
 * values are not bound to theirs: **whoever can write to the store can give one session the content of another**. Readers
 * of the store see nothing.
 *
 * connect-redis: `all()` reads with it, too, and fails on a value that does not open.
 *
 * @example
 * new RedisStore({ client, serializer: sealedSerializer({ keys: process.env.SESSION_KEYS, ttl: '7d' }) });
 * @throws `missing_keys` and the other codes of a keyring, `invalid_option`, `invalid_field`.
 */
// Stores' types know no `null`: where nobody says what T is it is `any`, which fits, and never what a store expects.
export function sealedSerializer<T = any>({ ttl, migrateFrom, ...options }: SealedSerializerOptions): SealedSerializer<NoInfer<T>> {
  const values = new SealedValues(options, 'store-value');
  const life = lifetime(ttl);
  const fromPlain = migration(migrateFrom);
  const { now = Date.now } = options;

  const plain = (text: string): T | null => {
    if (!fromPlain?.isOn(now())) return null;
    const value = parsed(text);
    if (typeof value !== 'object' || value === null) return null;
    fromPlain.count();
    return value as T;
  };

  return {
    stringify(value) {
      return values.seal(NO_SUBJECT, json.encode(value), life);
    },
    parse(text) {
      if (typeof text !== 'string') return null;
      const payload = values.open(NO_SUBJECT, text);
      return payload === undefined ? plain(text) : (json.decode(payload) as T);
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** docs/FORMAT.md, "Scope": a value of a store that does not tell its key. */
const NO_SUBJECT = '';
