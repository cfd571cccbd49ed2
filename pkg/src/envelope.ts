// Sealing and opening bytes in a scope of the kernel: short ones in wasm, long ones with the runtime's cipher.
import { SealedSessionError } from './errors.ts';
import type { SealKernel } from './kernel/seal.ts';
import { isBulk, openChunks, sealChunks, unpadded } from './load/bulk.ts';

/** A scope of the kernel; for one of sessions, the subject is a session's ID. */
type KernelScope = Pick<InstanceType<SealKernel['KernelScope']>, 'open' | 'openingKeys' | 'seal' | 'sealingKeys'>;

/** An envelope. `expiresAt` is in Unix seconds. */
export function seal(scope: KernelScope, subject: Uint8Array, payload: Uint8Array, expiresAt: number): Uint8Array<ArrayBuffer> {
  if (!isBulk(payload.length)) return owned(scope.seal(subject, payload, expiresAt));
  const keys = scope.sealingKeys(subject, payload.length, expiresAt);
  const padded = new DataView(keys.buffer, keys.byteOffset).getUint32(NONCE_END);
  const envelope = sealChunks(keys.subarray(0, KEY_END), keys.subarray(KEY_END, NONCE_END), payload, padded, keys.subarray(NONCE_END + 4));
  keys.fill(0);
  return envelope;
}

/** What was sealed. `now` is in Unix seconds. */
export function open(scope: KernelScope, subject: Uint8Array, envelope: Uint8Array, now: number): Uint8Array<ArrayBuffer> {
  if (!isBulk(envelope.length)) return owned(scope.open(subject, envelope, now));
  const keys = scope.openingKeys(subject, envelope.subarray(0, SHORTEST));
  const expiresAt = new DataView(keys.buffer, keys.byteOffset).getUint32(NONCE_END);
  const message = openChunks(keys.subarray(0, KEY_END), keys.subarray(KEY_END, NONCE_END), envelope.subarray(BEGINNING));
  keys.fill(0);
  // Only now is the expiry to be believed.
  if (expiresAt <= now) throw new SealedSessionError('expired');
  const payload = unpadded(message);
  message.fill(0);
  return payload;
}

/** The kernel's glue copies what it returns into a buffer of its own; its types do not say so. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

const KEY_END = 32;
const NONCE_END = 44;
/** Bytes before the first chunk: header, salt, commitment. */
const BEGINNING = 65;
/** Bytes of the shortest envelope. */
const SHORTEST = 82;
