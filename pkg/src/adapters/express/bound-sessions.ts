import * as base64url from '../../base64url.ts';
import { utf8 } from '../../bytes.ts';
import * as envelope from '../../envelope.ts';
import { type ErrorCode, fromKernel, isSealedSessionError } from '../../errors.ts';
import * as json from '../../json.ts';
import { type SealKernel, withSealKernel } from '../../kernel/seal.ts';
import { keyBytes } from '../../keys.ts';
import { fitting } from '../../sealer.ts';
import type { Keys } from '../../types.ts';

type KernelSessionSealer = InstanceType<SealKernel['KernelSessionSealer']>;

/** A session as it was sealed. */
export interface Opened {
  /** Unix seconds: when it ends, however often it was written. */
  until: number;
  session: Record<string, unknown>;
}

/** Seals sessions so that each opens under its own ID alone: docs/FORMAT.md, purpose `session`. */
export class BoundSessions {
  readonly #kernel: KernelSessionSealer;

  constructor(keys: Keys | undefined, tenant: string) {
    const bytes = keyBytes(keys);
    this.#kernel = withSealKernel((kernel) => new kernel.KernelSessionSealer(bytes, tenant));
  }

  /** The name of a session in the store. Throws `invalid_session_id`, or `no_lookup_key` for a foreign ID without one. */
  handle(sid: string): string {
    return run(() => this.#kernel.handle(utf8(sid)));
  }

  /** The same, or nothing where no session can have this ID. */
  handleIfAny(sid: string): string | undefined {
    try {
      return this.handle(sid);
    } catch (error) {
      if (hasCode(error, ABSENT_IDS)) return undefined;
      throw error;
    }
  }

  /** `session` is its JSON. */
  seal(sid: string, session: string, until: number): string {
    // The deadline is the envelope's expiry, too, but that can only be read off it by those who parse envelopes.
    const payload = fitting(utf8(`{"until":${until},"session":${session}}`));
    return base64url.encode(run(() => envelope.seal(this.#kernel, utf8(sid), payload, until)));
  }

  /** What was sealed, `'expired'` where that is over, and nothing where it is anything else. `now` is in Unix seconds. */
  open(sid: string, sealed: unknown, now: number): Opened | 'expired' | undefined {
    const bytes = typeof sealed === 'string' ? base64url.decode(sealed) : undefined;
    if (bytes === undefined) return undefined;
    try {
      return json.decode(run(() => envelope.open(this.#kernel, utf8(sid), bytes, now))) as Opened;
    } catch (error) {
      if (isSealedSessionError(error, 'expired')) return 'expired';
      if (hasCode(error, UNOPENED)) return undefined;
      throw error;
    }
  }
}

function run<R>(work: () => R): R {
  try {
    return work();
  } catch (thrown) {
    throw fromKernel(thrown);
  }
}

function hasCode(error: unknown, codes: ReadonlySet<ErrorCode>): boolean {
  return isSealedSessionError(error) && codes.has(error.code);
}

/** Under an ID that has not the form of one, or that the keys cannot follow, nothing was ever kept. */
const ABSENT_IDS: ReadonlySet<ErrorCode> = new Set(['invalid_session_id', 'no_lookup_key'] as const);
const UNOPENED: ReadonlySet<ErrorCode> = new Set(['malformed', 'unauthentic', 'unknown_key'] as const);
