import { text, utf8 } from './bytes.ts';
import { SealedSessionError } from './errors.ts';
import { withSealKernel } from './kernel/seal.ts';
import type { Keys } from './types.ts';

/** A fresh keyring: one lookup key and one root key. Keep it secret, keep it for good. */
export function generateKeys(): Keys {
  return text(withSealKernel((kernel) => kernel.generateKeys()));
}

/** A fresh session ID: 43 characters with 256 random bits. */
export function generateSessionId(): string {
  return text(withSealKernel((kernel) => kernel.generateSessionId()));
}

/** The bytes of a keyring's text, for the kernel, which wipes them. */
export function keyBytes(keys: Keys | undefined): Uint8Array {
  if (keys === undefined || keys === '') throw new SealedSessionError('missing_keys');
  return utf8(keys);
}
