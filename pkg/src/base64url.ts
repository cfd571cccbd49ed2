// base64url without padding, by whatever the runtime is quickest with.
import type { Buffer as NodeBuffer } from 'node:buffer';

export function encode(bytes: Uint8Array): string {
  if (bytes.toBase64 !== undefined) return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
  if (buffer !== undefined) return buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The bytes of a text, or nothing where it is not the one text that these bytes have. */
export function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = lax(text);
    // Decoders take padding, white space and trailing bits of any kind; there shall be one text for each envelope.
    return encode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function lax(text: string): Uint8Array<ArrayBuffer> {
  if (Uint8Array.fromBase64 !== undefined) return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
  if (buffer !== undefined) return buffer.from(text, 'base64url');
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

/** Node's, where there is one. */
const buffer: typeof NodeBuffer | undefined = globalThis.Buffer;
