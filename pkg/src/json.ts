// JSON in UTF-8, which is what a payload is.
import { text, utf8 } from './bytes.ts';
import { SealedSessionError } from './errors.ts';

/** The bytes of a value. What JSON cannot say (a function, a BigInt, a cycle) is `invalid_data`, and so is an own `__proto__`: whoever copies such an object by assignment changes its prototype. */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return utf8(stringify(value));
}

/** The same as text. */
export function stringify(value: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    throw new SealedSessionError('invalid_data', { cause });
  }
  if (json === undefined) throw new SealedSessionError('invalid_data');
  // Stringify escapes none of its letters, so a name that is not in the text is nowhere.
  if (json.includes('"__proto__"')) refuseProto(json);
  return json;
}

/** The value of bytes that somebody sealed: what is no JSON is `malformed`. */
export function decode(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes));
  } catch {
    // The engine's message quotes what it read.
    throw new SealedSessionError('malformed');
  }
}

function refuseProto(json: string): void {
  JSON.parse(json, (name: string, value: unknown) => {
    if (name === '__proto__') throw new SealedSessionError('invalid_data', { field: '__proto__' });
    return value;
  });
}
