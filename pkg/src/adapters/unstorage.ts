import type { Driver, StorageValue, TransactionOptions } from 'unstorage';

import { text, utf8 } from '../bytes.ts';
import { SealedSessionError } from '../errors.ts';
import type { Duration } from '../types.ts';
import { lifetime, SealedValues, type SealingOptions } from './sealed-values.ts';

export interface SealedDriverOptions extends SealingOptions {
  /** The life of a value whose writer names none: 30 days. Astro never names one. */
  ttl?: Duration | undefined;
}

/**
 * A driver of unstorage whose values are sealed, over another one: for Nuxt, Nitro and Astro. Keys stay as they are, and each
 * value opens only under the key that it was written for, until it expires. What does not open is not there.
 *
 * - Every value expires: `ttl` of a write, in seconds, else `ttl` here. The inner driver is told, and tidies up if it can;
 *   the envelope decides. `getKeys` lists what the inner driver still holds.
 * - A key is what the driver sees, without the base that it is mounted at: drivers mounted over one store need bases of
 *   their own in it, or tenants.
 * - Raw values are bytes: `Uint8Array`, `ArrayBuffer` or text, read as `Uint8Array`.
 *
 * @example
 * // Nitro and Nuxt, in a server plugin
 * useStorage().mount('sessions', sealedDriver(redisDriver({ url }), { keys: process.env.SESSION_KEYS }));
 *
 * // Astro: the module that `session.driver.entrypoint` names
 * export default (options: FSStorageOptions) => sealedDriver(fsDriver(options), { keys: process.env.SESSION_KEYS });
 * @throws `missing_keys` and the other codes of a keyring, `invalid_option`, `invalid_field`.
 */
export function sealedDriver(inner: Driver, { ttl = '30d', ...options }: SealedDriverOptions): Driver {
  const values = new SealedValues(options, 'store-value');
  const usual = lifetime(ttl);

  const read = async (key: string, options?: TransactionOptions): Promise<Uint8Array | undefined> => {
    const stored: StorageValue = await inner.getItem(key, options);
    return typeof stored === 'string' ? values.open(key, stored) : undefined;
  };

  // A batch of unstorage's own gives items no options, whatever its types say.
  const write = async (key: string, payload: Uint8Array, options: TransactionOptions = {}): Promise<void> => {
    const ttl = lifeOf(options, usual);
    await inner.setItem?.(key, values.seal(key, payload, ttl), { ...options, ttl });
  };

  const driver: Driver = {
    ...inner,
    name: 'sealed-session',
    flags: { ...inner.flags, ttl: true },

    async hasItem(key, options) {
      return (await read(key, options)) !== undefined;
    },
    async getItem(key, options) {
      return asText(await read(key, options));
    },
    async getItemRaw(key, options) {
      return (await read(key, options)) ?? null;
    },
    setItem: (key, value, options) => write(key, utf8(value), options),
    setItemRaw: (key, value, options) => write(key, asBytes(value), options),
  };
  // Batches go item by item: what drivers' own ones answer is not always named by the key that was asked for.
  for (const name of ['getItems', 'setItems'] as const) delete driver[name];
  // A driver that only reads has no way to write, and unstorage knows it by that.
  if (inner.setItem === undefined) for (const name of ['setItem', 'setItemRaw'] as const) delete driver[name];
  return driver;
}

function lifeOf({ ttl }: TransactionOptions, usual: number): number {
  if (ttl === undefined || ttl === null) return usual;
  if (typeof ttl !== 'number') throw new SealedSessionError('invalid_field', { field: 'ttl' });
  return lifetime(Math.ceil(ttl));
}

/** What was written raw may be no text, and is then none. */
function asText(payload: Uint8Array | undefined): string | null {
  try {
    return payload === undefined ? null : text(payload);
  } catch {
    return null;
  }
}

function asBytes(value: unknown): Uint8Array {
  if (typeof value === 'string') return utf8(value);
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new SealedSessionError('invalid_data');
}
