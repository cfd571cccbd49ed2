import { Reader } from './rules/wire.ts';
import type { Erasure, Verified } from './types.ts';

/** Reads what the kernel found in a receipt. */
export function readVerified(bytes: Uint8Array, wasAsked: boolean): Verified {
  const from = new Reader(bytes);
  const [isOwn, isAbout] = [from.flag(), from.flag()];
  // What it says is anybody's invention otherwise.
  return isOwn ? { authentic: true, aboutUser: wasAsked ? isAbout : undefined, ...readErasure(from) } : { authentic: false };
}

/** Reads what an erasure came to. */
function readErasure(from: Reader): Erasure {
  return {
    erasedAt: new Date(from.u64()),
    sessionsEnded: from.u32(),
    completeBy: new Date(from.u64()),
    partial: from.flag(),
  };
}
