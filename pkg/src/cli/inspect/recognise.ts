// What a value is by its form, and what its form alone tells. Nothing here needs a key, so nothing here is proven.
import * as base64url from '../../base64url.ts';
import { text } from '../../bytes.ts';
import { withSealKernel } from '../../kernel/seal.ts';
import { marker, type Marker } from './marker.ts';

/** What was found. Of a secret, nothing but that it is one. */
export type Finding =
  | Envelope
  | Marker
  | { kind: 'receipt'; wellFormed: boolean }
  | { kind: 'secret'; what: 'API token' | 'keyring' | 'possible session ID' | 'UUID' }
  | { kind: 'unknown'; why: string };

export interface Envelope {
  kind: 'envelope';
  format: 1;
  keyId: string;
  /** ISO 8601. */
  expiresAt: string;
  /** Which write it is from. */
  version: string;
  /** Bytes of the whole. */
  length: number;
  /** Bytes of what is sealed, padding included. */
  paddedLength: number;
  chunks: number;
}

/** Recognises a value as it came from a pipe: bytes, or text. */
export function recognise(bytes: Uint8Array): Finding {
  // No text begins with either.
  if (bytes[0] === ENVELOPE) return envelope(bytes);
  if (bytes[0] === MARKER) return marker(bytes);
  try {
    return recogniseText(text(bytes));
  } catch {
    return { kind: 'unknown', why: 'these bytes begin as nothing that sealed-session writes' };
  }
}

/** Recognises a value that is text. */
export function recogniseText(untrimmed: string): Finding {
  const value = unquoted(untrimmed.trim());
  if (/(^|[\s,='"])s[ls]k1_/i.test(value)) return { kind: 'secret', what: 'keyring' };
  if (/(^|[\s='"])sst_/i.test(value)) return { kind: 'secret', what: 'API token' };
  if (value.startsWith('srt1_')) return receipt(value);
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)) return { kind: 'secret', what: 'UUID' };
  if (/^[\w-]{43}$/.test(value)) return { kind: 'secret', what: 'possible session ID' };
  const wrapped = value.startsWith('{') ? sealedMember(value) : undefined;
  const bytes = base64url.decode(wrapped ?? value);
  if (bytes === undefined || bytes.length === 0) return { kind: 'unknown', why: 'this is neither base64url without padding nor bytes of ours' };
  if (bytes[0] === ENVELOPE) return envelope(bytes);
  if (bytes[0] === MARKER) return marker(bytes);
  return { kind: 'unknown', why: 'this is base64url, but begins as nothing that sealed-session writes' };
}

function envelope(bytes: Uint8Array): Finding {
  const shown = withSealKernel((kernel) => kernel.peek(bytes));
  const [keyId, expiry] = shown?.split(',') ?? [];
  const sealed = bytes.length - BEGINNING;
  const chunks = Math.floor(sealed / CHUNK) + 1;
  const paddedLength = sealed - chunks * TAG;
  if (keyId === undefined || paddedLength < 0 || sealed % CHUNK < TAG) {
    return { kind: 'unknown', why: `this begins as an envelope, but ${bytes.length} bytes are no envelope's length: a part is missing` };
  }
  return {
    kind: 'envelope',
    format: 1,
    keyId,
    expiresAt: new Date(Number(expiry) * 1000).toISOString(),
    version: base64url.encode(bytes.subarray(HEADER, HEADER + VERSION)),
    length: bytes.length,
    paddedLength,
    chunks,
  };
}

/** What a receipt says is not to be repeated before its tag was verified, for which it takes the lookup key. */
function receipt(value: string): Finding {
  const bytes = base64url.decode(value.slice('srt1_'.length));
  const wellFormed = bytes?.length === RECEIPT && bytes[0] === 0x01 && (bytes[1] === 0 || bytes[1] === 1);
  return { kind: 'receipt', wellFormed };
}

/** The envelope in what `sealed` leaves in a store for express-session. */
function sealedMember(json: string): string | undefined {
  try {
    const value = JSON.parse(json) as unknown;
    const sealed = typeof value === 'object' && value !== null && 'sealed' in value ? value.sealed : undefined;
    return typeof sealed === 'string' ? sealed : undefined;
  } catch {
    return undefined;
  }
}

/** An entry's metadata in Workers KV is JSON: a string. */
function unquoted(value: string): string {
  return /^"[\w-]*"$/.test(value) ? value.slice(1, -1) : value;
}

// docs/FORMAT.md, "Envelope" and "Receipts".
const ENVELOPE = 0xf5;
const MARKER = 0x01;
const HEADER = 9;
const VERSION = 12;
/** Bytes before the first chunk: header, salt, commitment. */
const BEGINNING = 65;
const TAG = 16;
const CHUNK = 16_384 + TAG;
const RECEIPT = 134;
