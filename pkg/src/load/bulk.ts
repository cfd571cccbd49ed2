// The chunks of long envelopes, by the runtime's own cipher where it has a synchronous one (Node, Bun, Deno, and Workers with
// nodejs_compat). With the kernel's crypto, the only file that names a cipher: docs/FORMAT.md, "Envelope".
import type * as NodeCrypto from 'node:crypto';

import { SealedSessionError } from '../errors.ts';

let crypto: typeof NodeCrypto | null | undefined;

/** The runtime's `node:crypto`, looked up once and without an import that a bundler would have to resolve. */
function runtimeCrypto(): typeof NodeCrypto | null {
  crypto ??= globalThis.process?.getBuiltinModule?.('node:crypto') ?? null;
  return crypto;
}

/** Whether the runtime is quicker than the kernel at this length. */
export function isBulk(length: number): boolean {
  return length >= BULK && runtimeCrypto() !== null;
}

/** The envelope that begins with `beginning`: all chunks of the padded payload behind it. */
export function sealChunks(key: Uint8Array, baseNonce: Uint8Array, payload: Uint8Array, padded: number, beginning: Uint8Array): Uint8Array<ArrayBuffer> {
  const { createCipheriv } = crypto as typeof NodeCrypto;
  const message = new Uint8Array(padded);
  message.set(payload);
  message[payload.length] = PAD_MARK;
  const envelope = new Uint8Array(beginning.length + padded + (Math.floor(padded / CHUNK) + 1) * TAG);
  envelope.set(beginning);
  let at = beginning.length;
  // The last chunk is always shorter than the others, if need be empty.
  for (let number = 0; number * CHUNK <= padded; number++) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(baseNonce, number), { authTagLength: TAG });
    const sealed = cipher.update(message.subarray(number * CHUNK, (number + 1) * CHUNK));
    cipher.final();
    envelope.set(sealed, at);
    envelope.set(cipher.getAuthTag(), at + sealed.length);
    at += sealed.length + TAG;
  }
  message.fill(0);
  return envelope;
}

/** The payload in the chunks behind an envelope's beginning. */
export function openChunks(key: Uint8Array, baseNonce: Uint8Array, chunks: Uint8Array): Uint8Array<ArrayBuffer> {
  const { createDecipheriv } = crypto as typeof NodeCrypto;
  // The last chunk, which is never a whole one, holds at least its tag.
  if (chunks.length % (CHUNK + TAG) < TAG) throw new SealedSessionError('unauthentic');
  const count = Math.floor(chunks.length / (CHUNK + TAG)) + 1;
  const message = new Uint8Array(chunks.length - count * TAG);
  for (let number = 0, at = 0; number < count; number++) {
    const chunk = chunks.subarray(number * (CHUNK + TAG), (number + 1) * (CHUNK + TAG));
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(baseNonce, number), { authTagLength: TAG });
    decipher.setAuthTag(chunk.subarray(chunk.length - TAG));
    const opened = decipher.update(chunk.subarray(0, chunk.length - TAG));
    try {
      decipher.final();
    } catch {
      throw new SealedSessionError('unauthentic');
    }
    message.set(opened, at);
    at += opened.length;
  }
  return message;
}

/** Strips zeros and one mark; what has none is malformed. */
export function unpadded(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const end = message.findLastIndex((byte) => byte !== 0);
  if (message[end] !== PAD_MARK) throw new SealedSessionError('malformed');
  return message.slice(0, end);
}

/** The base nonce XOR the chunk's number, big-endian. */
function nonceOf(base: Uint8Array, number: number): Uint8Array {
  const nonce = base.slice();
  const view = new DataView(nonce.buffer);
  view.setUint32(8, (view.getUint32(8) ^ number) >>> 0);
  return nonce;
}

/** Bytes of a payload from which the runtime is quicker, though each of its ciphers costs an object or two. */
const BULK = 1536;
/** Plaintext bytes of every chunk but the last. */
const CHUNK = 16 * 1024;
const TAG = 16;
const PAD_MARK = 0x80;
