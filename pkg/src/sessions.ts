import { utf8 } from './bytes.ts';
import { optionalSeconds } from './duration.ts';
import { fromKernel, isSealedSessionError, SealedSessionError } from './errors.ts';
import * as json from './json.ts';
import { withRulesKernel } from './kernel/rules.ts';
import { keyBytes } from './keys.ts';
import * as command from './rules/command.ts';
import { type KernelRules, run } from './rules/drive.ts';
import type { LiveSession, Outcome } from './rules/outcome.ts';
import { Writer } from './rules/wire.ts';
import type { Batch, Promises, Store } from './store.ts';
import type { CallOptions, Created, Duration, Ended, Keys, Session, Sessions, UserSessions, Verified, Written } from './types.ts';
import { userSessions } from './user-sessions.ts';
import { readVerified } from './receipt.ts';

export interface SessionsOptions {
  keys: Keys | undefined;
  store: Store;
  /** Tenants share keys and a store, and nothing else. */
  tenant?: string | undefined;
  /** The idle window where a call names none: 12 h, clipped to `absolute`. */
  idle?: Duration | undefined;
  /** The absolute life where a call names none: 7 d. */
  absolute?: Duration | undefined;
  /** The longest absolute life that a call may name: 400 d. */
  longest?: Duration | undefined;
  /** Bytes of JSON that a session may hold: 256 KiB, at most 1 MiB. */
  maxData?: number | undefined;
  /** Who logs in once more ends their oldest session; at most 100. Any number where nothing is said. */
  maxSessionsPerUser?: number | undefined;
  /** Unix milliseconds. */
  now?: (() => number) | undefined;
}

/**
 * Sessions whose rules run in this process, over a store of yours.
 *
 * @example
 * const sessions = sessions<{ cart: string[] }>({ keys: process.env.SESSION_KEYS, store: memoryStore() });
 * const { id } = await sessions.create({ data: { cart: [] } });
 * const session = await sessions.read(id);
 */
export function sessions<T = Record<string, unknown>>(options: SessionsOptions): Sessions<T> {
  return new LocalSessions<T>(options);
}

/** The rules over a store, as calls. */
export class LocalSessions<T> implements Sessions<T> {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #rules: KernelRules;

  constructor({ keys, store, tenant = 'default', now = Date.now, ...limits }: SessionsOptions) {
    this.#store = store;
    this.#now = now;
    const bytes = keyBytes(keys);
    const settings = settingsOf(limits, store.promises);
    this.#rules = withRulesKernel((kernel) => new kernel.KernelRules(bytes, tenant, settings));
  }

  async create(options: Parameters<Sessions<T>['create']>[0] = {}): Promise<Created> {
    return created(await this.run(command.create(options), options), options.id);
  }

  async read(id: string, options: Parameters<Sessions<T>['read']>[1] = {}): Promise<Session<T> | undefined> {
    try {
      return session(await this.run(command.read(id, options.strict ?? false), options));
    } catch (error) {
      if (isSealedSessionError(error, 'no_such_session')) return undefined;
      throw error;
    }
  }

  async replace(id: string, data: T, options: Parameters<Sessions<T>['replace']>[2] = {}): Promise<Written> {
    return live(await this.run(command.replace(id, data, options), options)).state;
  }

  async patch(id: string, patch: Parameters<Sessions<T>['patch']>[1], options: Parameters<Sessions<T>['patch']>[2] = {}): Promise<Written> {
    return live(await this.run(command.patch(id, patch, options), options)).state;
  }

  async regenerate(id: string, options: Parameters<Sessions<T>['regenerate']>[1] = {}): Promise<Created> {
    return created(await this.run(command.regenerate(id, options), options), undefined);
  }

  async end(id: string, options: CallOptions = {}): Promise<Ended> {
    try {
      await this.run(command.end(id), options);
      return { revocationBound: this.revocationBound };
    } catch (error) {
      // What has not the form of an ID is a session that never was, and that is ended everywhere.
      if (isSealedSessionError(error, 'no_such_session')) return { revocationBound: 0 };
      throw error;
    }
  }

  user(user: string): UserSessions<T> {
    return userSessions(this, user);
  }

  async verify(receipt: string, user?: string): Promise<Verified> {
    const bytes = this.#rules.verify(receipt, user === undefined ? undefined : utf8(user));
    return bytes === undefined ? { authentic: false } : readVerified(bytes, user !== undefined);
  }

  handle(id: string): string {
    return this.#names(id).slice(0, NAME_LENGTH);
  }

  csrfToken(id: string): string {
    return this.#names(id).slice(NAME_LENGTH);
  }

  /** Seconds that an end may take to be true everywhere. */
  get revocationBound(): number {
    const { atomic, visibility } = this.#store.promises;
    return atomic ? 0 : (visibility ?? 0);
  }

  /** Calls that are on their way. */
  get pending(): number {
    return this.#rules.pending();
  }

  /** Runs a command; what it wants to have written after the answer is sent, and waited for by nobody. */
  async run(command: Writer, { signal, waitUntil }: CallOptions): Promise<Outcome> {
    const { outcome, later } = await run(this.#rules, this.#store, command.finish(), this.#now, signal);
    if (later.length > 0) {
      const sent = this.#applyOnce({ when: [], changes: later, notAfter: undefined });
      waitUntil?.(sent);
    }
    return outcome;
  }

  /** The receipt of an erasure, `before` the one of the call before. */
  receipt(user: string, { ended, completeBy, next }: Outcome & { type: 'revoked' }, before: string | undefined): string {
    try {
      return this.#rules.receipt(utf8(user), ended, completeBy, next !== undefined, before, this.#now());
    } catch (thrown) {
      throw fromKernel(thrown);
    }
  }

  now(): number {
    return this.#now();
  }

  /** Failure is nobody's: the next read wants the same. */
  async #applyOnce(batch: Batch): Promise<void> {
    try {
      await this.#store.apply(batch, { signal: undefined });
    } catch {}
  }

  #names(id: string): string {
    try {
      return String.fromCharCode(...this.#rules.names(utf8(id)));
    } catch (thrown) {
      throw fromKernel(thrown);
    }
  }
}

/** The outcome of a call that made an ID; `own` is the caller's. */
function created(outcome: Outcome, own: string | undefined): Created {
  if (outcome.type !== 'created') throw new SealedSessionError('internal_error');
  const id = outcome.id ?? own;
  if (id === undefined) throw new SealedSessionError('internal_error');
  const { lastSeenAt: _, ...state } = outcome.session.state;
  return { id, ...state };
}

/** The outcome of a call that made none. */
function live(outcome: Outcome): LiveSession {
  if (outcome.type !== 'session') throw new SealedSessionError('internal_error');
  return outcome.session;
}

export function session<T>(outcome: Outcome): Session<T> {
  const { state, user, label, data } = live(outcome);
  return { ...state, user, label, data: json.decode(data) as T };
}

/** Limits and promises, as the kernel reads them; what is not said is its own to decide. */
function settingsOf(limits: Omit<SessionsOptions, 'keys' | 'store'>, promises: Promises): Uint8Array {
  const number = (writer: Writer, value: number) => writer.u32(value);
  const absolute = optionalSeconds(limits.absolute, 'absolute');
  return new Writer()
    .optional(optionalSeconds(limits.idle, 'idle'), number)
    .optional(absolute, number)
    .optional(optionalSeconds(limits.longest, 'longest'), number)
    .optional(limits.maxData, number)
    .optional(limits.maxSessionsPerUser, number)
    .optional(promises.atomic ? undefined : (promises.visibility ?? 0), number)
    .optional(promises.maxBatch, number)
    .finish();
}

/** Characters of a handle and of a CSRF token. */
const NAME_LENGTH = 43;
