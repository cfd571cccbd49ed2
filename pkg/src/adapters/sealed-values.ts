import * as base64url from '../base64url.ts';
import { utf8 } from '../bytes.ts';
import { seconds } from '../duration.ts';
import { open, seal } from '../envelope.ts';
import { fromKernel, SealedSessionError } from '../errors.ts';
import type { SealKernel } from '../kernel/seal.ts';
import { fitting, newScope } from '../sealer.ts';
import type { Duration, Keys } from '../types.ts';

/** What every adapter that seals by itself is told. */
export interface SealingOptions {
  /** The keyring: `process.env.SESSION_KEYS`. */
  keys: Keys | undefined;
  /** Tenants share keys and a store, and nothing else. */
  tenant?: string | undefined;
  /** Unix milliseconds. */
  now?: (() => number) | undefined;
}

/** Payloads in text envelopes of one purpose of docs/FORMAT.md, which applications cannot name. */
export class SealedValues {
  readonly #scope: InstanceType<SealKernel['KernelScope']>;
  readonly #now: () => number;

  constructor({ keys, tenant = 'default', now = Date.now }: SealingOptions, purpose: 'cookie' | 'store-value') {
    this.#scope = newScope(keys, tenant, purpose);
    this.#now = now;
  }

  /** The text of an envelope that opens for this subject, and no longer than `life` seconds. */
  seal(subject: string, payload: Uint8Array, life: number): string {
    const expiresAt = Math.ceil(this.#now() / 1000 + life);
    if (!(expiresAt <= LAST_SECOND)) throw new SealedSessionError('invalid_field', { field: 'ttl' });
    try {
      return base64url.encode(seal(this.#scope, utf8(subject), fitting(payload), expiresAt));
    } catch (thrown) {
      throw fromKernel(thrown);
    }
  }

  /** What was sealed, or nothing where the text does not open: expired, moved, altered, under a key that is gone, or never ours. */
  open(subject: string, text: string): Uint8Array | undefined {
    const envelope = base64url.decode(text);
    if (envelope === undefined) return undefined;
    try {
      return open(this.#scope, utf8(subject), envelope, Math.floor(this.#now() / 1000));
    } catch (thrown) {
      const error = fromKernel(thrown);
      if (MISSES.has(error.code)) return undefined;
      throw error;
    }
  }
}

/** A life that an envelope can have: whole seconds, at least one. */
export function lifetime(ttl: Duration, field = 'ttl'): number {
  const life = seconds(ttl, field);
  if (life === 0) throw new SealedSessionError('invalid_field', { field });
  return life;
}

/** `payload_too_large` is a subject over 4 KiB, under which nothing was ever sealed. */
const MISSES: ReadonlySet<string> = /* @__PURE__ */ new Set(['expired', 'malformed', 'payload_too_large', 'unauthentic', 'unknown_key']);
/** Unix seconds: what 32 bits carry. */
const LAST_SECOND = 0xffff_ffff;
