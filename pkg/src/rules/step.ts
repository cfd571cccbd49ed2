// Steps, as the kernel writes them, and the store's answers, as it reads them (src/wasm/outcome.rs).
import { SealedSessionError } from '../errors.ts';
import type { Batch, Change, Condition, Page } from '../store.ts';
import { type Outcome, readResult } from './outcome.ts';
import { Reader, Writer } from './wire.ts';

/** What an operation wants next. */
export type Step =
  | { type: 'done'; outcome: Outcome | SealedSessionError; later: Change[] }
  | { type: 'get'; keys: string[] }
  | { type: 'apply'; batch: Batch }
  | { type: 'apply each'; batches: Batch[] }
  | { type: 'list'; page: { prefix: string; after: string | undefined; limit: number } };

/** Reads the operation's number, 0 where it is over, and its step. */
export function readStep(bytes: Uint8Array): { operation: number; step: Step } {
  const from = new Reader(bytes);
  const operation = from.u32();
  return { operation, step: stepOf(from) };
}

function stepOf(from: Reader): Step {
  switch (from.u8()) {
    case 0: {
      const later = changes(from);
      return { type: 'done', later, outcome: readResult(from) };
    }
    case 1:
      return { type: 'get', keys: from.list((from) => from.text()) };
    case 2: {
      const [when, wanted] = [from.list(condition), changes(from)];
      return { type: 'apply', batch: { when, changes: wanted, notAfter: from.optional((from) => from.u64()) } };
    }
    case 3: {
      const batches = from.list(changes);
      return { type: 'apply each', batches: batches.map((changes) => ({ when: [], changes, notAfter: undefined })) };
    }
    case 4: {
      const [prefix, after] = [from.text(), from.optional((from) => from.text())];
      return { type: 'list', page: { prefix, after, limit: from.u32() } };
    }
    default:
      throw new SealedSessionError('internal_error');
  }
}

function changes(from: Reader): Change[] {
  return from.list((from) => {
    const key = from.text();
    if (!from.flag()) return { type: 'delete', key };
    const value = from.bytes();
    return { type: 'put', key, value, expiresAt: from.u32() };
  });
}

function condition(from: Reader): Condition {
  const key = from.text();
  switch (from.u8()) {
    case 0:
      return { type: 'equals', key, value: undefined };
    case 1:
      return { type: 'equals', key, value: from.optional((from) => from.bytes()) };
    default:
      return { type: 'version', key, version: from.bytes() };
  }
}

/** What the store said, for the kernel. */
export const input = {
  failed: () => new Writer().u8(0).finish(),
  applied: () => new Writer().u8(1).finish(),
  conflict: () => new Writer().u8(2).finish(),
  too_late: () => new Writer().u8(3).finish(),
  values: (values: readonly (Uint8Array | undefined | null)[]) =>
    new Writer()
      .u8(4)
      .list(values, (to, value) => to.optional(value ?? undefined, (to, value) => to.bytes(value)))
      .finish(),
  page: ({ entries, next }: Page) =>
    new Writer()
      .u8(5)
      .list(entries, (to, { key, value }) => to.text(key).bytes(value))
      .optional(next, (to, next) => to.text(next))
      .finish(),
};
