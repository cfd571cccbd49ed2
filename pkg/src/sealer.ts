import * as base64url from './base64url.ts';
import { utf8 } from './bytes.ts';
import { seconds } from './duration.ts';
import { open, seal } from './envelope.ts';
import { fromKernel, SealedSessionError } from './errors.ts';
import * as json from './json.ts';
import { keyBytes } from './keys.ts';
import { withSealKernel, type SealKernel } from './kernel/seal.ts';
import type { Duration, Keys } from './types.ts';

type KernelScope = InstanceType<SealKernel['KernelScope']>;

/** What an envelope is for, and so where alone it opens. */
export interface Scope {
  /** A name of your own, 1 to 64 bytes: envelopes of one purpose never open as another's. */
  purpose: string;
  /** What it belongs to: a user, a row, a key in a store. At most 4 KiB; empty where it belongs to nothing. */
  subject?: string | Uint8Array | undefined;
}

/** When an envelope expires: after this long, or at this moment, rounded up to a second. */
export type Life = { ttl: Duration } | { expiresAt: Date };

/**
 * Seals values, synchronously, with no service and no store.
 *
 * An envelope opens only with the keyring, in its tenant, for its purpose and subject, and before it expires. Lengths are
 * padded. docs/FORMAT.md is the specification.
 *
 * @example
 * const sealer = new Sealer(process.env.SESSION_KEYS);
 * const token = sealer.sealText({ invite: 7 }, { purpose: 'invite', ttl: '2d' });
 * sealer.openText(token, { purpose: 'invite' }); // { invite: 7 }
 */
export class Sealer {
  readonly #keys: Keys;
  readonly #tenant: string;
  readonly #now: () => number;
  readonly #scopes = new Map<string, KernelScope>();

  /** `now` is in Unix milliseconds. Throws where the keys are missing or malformed. */
  constructor(keys: Keys | undefined, { tenant = 'default', now = Date.now }: { tenant?: string; now?: () => number } = {}) {
    this.#keys = keys ?? '';
    this.#tenant = tenant;
    this.#now = now;
    // Wrong keys shall be told here, not at the first request.
    newScope(keys, tenant, 'app/check').free();
  }

  /** Seals a JSON value. */
  seal(value: unknown, scope: Scope & Life): Uint8Array<ArrayBuffer> {
    return this.sealBytes(json.encode(value), scope);
  }

  /** The JSON value in an envelope. */
  open(envelope: Uint8Array, scope: Scope): unknown {
    return json.decode(this.openBytes(envelope, scope));
  }

  /** Seals a JSON value into base64url text. */
  sealText(value: unknown, scope: Scope & Life): string {
    return base64url.encode(this.seal(value, scope));
  }

  /** The JSON value in an envelope of text. */
  openText(envelope: string, scope: Scope): unknown {
    const bytes = base64url.decode(envelope);
    if (bytes === undefined) throw new SealedSessionError('malformed');
    return this.open(bytes, scope);
  }

  /** Seals bytes, at most 1 MiB. */
  sealBytes(payload: Uint8Array, scope: Scope & Life): Uint8Array<ArrayBuffer> {
    return this.#with(scope, (kernel) => seal(kernel, subjectOf(scope), fitting(payload), this.#expiry(scope)));
  }

  /** The bytes in an envelope. */
  openBytes(envelope: Uint8Array, scope: Scope): Uint8Array<ArrayBuffer> {
    return this.#with(scope, (kernel) => open(kernel, subjectOf(scope), envelope, this.#second()));
  }

  /** Wipes the keys that were derived. The sealer still works, and derives them again. */
  [Symbol.dispose](): void {
    for (const scope of this.#scopes.values()) scope.free();
    this.#scopes.clear();
  }

  #with<R>({ purpose }: Scope, work: (kernel: KernelScope) => R): R {
    let scope = this.#scopes.get(purpose);
    if (scope === undefined) {
      scope = newScope(this.#keys, this.#tenant, purposeName(purpose));
      // Purposes are the names of a program's own; whoever takes them from outside shall not fill the memory.
      if (this.#scopes.size >= MOST_SCOPES) this[Symbol.dispose]();
      this.#scopes.set(purpose, scope);
    }
    try {
      return work(scope);
    } catch (thrown) {
      throw fromKernel(thrown);
    }
  }

  #second(): number {
    return Math.floor(this.#now() / 1000);
  }

  #expiry(life: Life): number {
    const at = 'ttl' in life ? this.#now() / 1000 + seconds(life.ttl, 'ttl') : life.expiresAt.getTime() / 1000;
    const second = Math.ceil(at);
    if (!(second > this.#second() && second <= LAST_SECOND)) {
      throw new SealedSessionError('invalid_field', {
        field: 'ttl' in life ? 'ttl' : 'expiresAt',
        message: 'Cannot seal: an envelope must expire in the future, and before 2106',
      });
    }
    return second;
  }
}

/** A scope of the kernel. `purpose` is its name in FORMAT.md's table. */
export function newScope(keys: Keys | undefined, tenant: string, purpose: string): KernelScope {
  const bytes = keyBytes(keys);
  return withSealKernel((kernel) => new kernel.KernelScope(bytes, tenant, purpose));
}

/** A payload that the format carries, before it is copied anywhere. */
export function fitting(payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_PAYLOAD) throw new SealedSessionError('payload_too_large');
  return payload;
}

function purposeName(purpose: string): string {
  if (typeof purpose !== 'string' || purpose === '') throw new SealedSessionError('invalid_option', { field: 'purpose' });
  return `app/${purpose}`;
}

function subjectOf({ subject = EMPTY }: Scope): Uint8Array {
  return typeof subject === 'string' ? utf8(subject) : subject;
}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);
/** Bytes: docs/FORMAT.md, "Limits". */
const MAX_PAYLOAD = 1024 * 1024;
/** Unix seconds: what 32 bits carry. */
const LAST_SECOND = 0xffff_ffff;
const MOST_SCOPES = 1000;
