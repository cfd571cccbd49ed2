// base64url without padding: the runtime's own where it has one.

const OPTIONS = { alphabet: 'base64url', omitPadding: true } as const;

export function encode(bytes: Uint8Array): string {
  if (bytes.toBase64 !== undefined) return bytes.toBase64(OPTIONS);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The bytes of a text, or nothing where it is not the one text that these bytes have. */
export function decode(text: string): Uint8Array | undefined {
  try {
    const bytes =
      Uint8Array.fromBase64?.(text, { alphabet: 'base64url' }) ??
      Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
    return encode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
