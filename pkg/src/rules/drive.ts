// Moves one operation of the kernel over a store, in the caller's own async context: nothing here queues or shares.
import { SealedSessionError } from '../errors.ts';
import type { RulesKernel } from '../kernel/rules.ts';
import type { Batch, Change, Store, StoreCall } from '../store.ts';
import type { Outcome } from './outcome.ts';
import { input, readStep, type Step } from './step.ts';

export type KernelRules = InstanceType<RulesKernel['KernelRules']>;

/** A call's end: what it came to, and what is to be written after the answer. */
export interface Ran {
  outcome: Outcome;
  later: Change[];
}

/** Runs a command to its end. Throws what the rules refuse; with the store's own error as `cause` where that failed. */
export async function run(
  rules: KernelRules,
  store: Store,
  command: Uint8Array,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<Ran> {
  signal?.throwIfAborted();
  let { operation, step } = readStep(rules.start(command, now()));
  let cause: unknown;
  try {
    while (step.type !== 'done') {
      const answer = await untilAborted(ask(store, step, { signal }), signal).catch((error: unknown) => {
        cause = error;
        return input.failed();
      });
      signal?.throwIfAborted();
      ({ operation, step } = readStep(rules.resume(operation, answer, now())));
    }
  } finally {
    if (operation !== 0) rules.abandon(operation);
  }
  const { outcome, later } = step;
  if (outcome instanceof SealedSessionError) {
    throw outcome.code === 'store_unavailable' ? new SealedSessionError(outcome.code, { cause }) : outcome;
  }
  return { outcome, later };
}

async function ask(store: Store, step: Exclude<Step, { type: 'done' }>, call: StoreCall): Promise<Uint8Array> {
  switch (step.type) {
    case 'get':
      return input.values(checked(await store.get(step.keys, call), step.keys.length));
    case 'apply':
      return input[await store.apply(step.batch, call)]();
    case 'apply each':
      return applyEach(store, step.batches, call);
    case 'list':
      return input.page(await store.list(step.page, call));
  }
}

/** Stores are written by people. What is missing in an answer would pass for a session that is not there. */
function checked<T extends readonly unknown[]>(values: T, count: number): T {
  const isValue = (value: unknown) => value === undefined || value === null || value instanceof Uint8Array;
  if (!Array.isArray(values) || values.length !== count || !values.every(isValue)) {
    throw new TypeError(`Expected ${count} values of the store's get, each a Uint8Array or undefined`);
  }
  return values;
}

/** Each batch is tried, whatever becomes of the others, a few at a time. */
async function applyEach(store: Store, batches: readonly Batch[], call: StoreCall): Promise<Uint8Array> {
  const waiting = batches.values();
  let failure: { cause: unknown } | undefined;
  const sender = async () => {
    for (const batch of waiting) {
      try {
        if ((await store.apply(batch, call)) !== 'applied') failure ??= { cause: undefined };
      } catch (cause) {
        failure ??= { cause };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, batches.length) }, sender));
  if (failure !== undefined) throw failure.cause;
  return input.applied();
}

/** The work, or the abort, whichever is first. What was sent to the store before stands. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

/** What Workers open at a time. */
const AT_ONCE = 6;
