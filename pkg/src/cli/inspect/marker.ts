// Markers: docs/FORMAT.md. Not sealed, so all of them is shown; they name nobody.

/** Times are ISO 8601. */
export type Marker =
  | { kind: 'marker'; prefix: 'e:'; endedAt: string; dies: string | undefined; expiresAt: string }
  | { kind: 'marker'; prefix: 'f:'; endedAt: string; expiresAt: string }
  | { kind: 'marker'; prefix: 'r:'; until: string; spares: boolean; expiresAt: string }
  | { kind: 'unknown'; why: string };

/** A marker, told from the others by its length. */
export function marker(bytes: Uint8Array): Marker {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const time = (at: number): string => iso(view.getBigUint64(at));
  switch (bytes.length) {
    case 21: {
      const dies = view.getBigUint64(13) > view.getBigUint64(5) ? time(13) : undefined;
      return { kind: 'marker', prefix: 'e:', endedAt: time(5), dies, expiresAt: expiry(view) };
    }
    case 13:
      return { kind: 'marker', prefix: 'f:', endedAt: time(5), expiresAt: expiry(view) };
    case 45:
      return { kind: 'marker', prefix: 'r:', until: time(5), spares: bytes.subarray(13).some((byte) => byte !== 0), expiresAt: expiry(view) };
    default:
      return {
        kind: 'unknown',
        why: `this begins as a marker, but none has ${bytes.length} bytes; where a marker stands, readers take it for the strictest there is`,
      };
  }
}

function expiry(view: DataView): string {
  return iso(BigInt(view.getUint32(1)) * 1000n);
}

/** A time that no Date reaches is one at the end of time. */
function iso(milliseconds: bigint): string {
  const latest = BigInt(LATEST);
  return new Date(Number(milliseconds > latest ? latest : milliseconds)).toISOString();
}

/** Milliseconds: the last Date. */
const LATEST = 8.64e15;
