import { SealedSessionError } from '../../errors.ts';

/** A cookie's name and a piece of the value. */
export type Chunk = readonly [name: string, value: string];

/** The names of a value's cookies: `name`, then `name.1` and so on. */
export function chunkNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => chunkName(name, at));
}

/**
 * A value in as many cookies as it takes. One that fits into one stands there as it would without chunks.
 *
 * @throws `cookie_too_large` where that is more than `most`.
 */
export function toChunks(name: string, value: string, most: number): Chunk[] {
  const chunks = split(name, value);
  if (chunks.length > most) throw new SealedSessionError('cookie_too_large');
  return chunks;
}

/** The value that chunks make. Where one is missing or from another write the envelope does not open, so nothing is counted here. */
export function fromChunks(names: readonly string[], get: (name: string) => string | undefined): string {
  let value = '';
  for (const name of names) {
    const chunk = get(name);
    if (chunk === undefined || chunk === '') break;
    value += chunk;
  }
  return value;
}

/** Bytes that browsers count, in as many cookies as the value takes, or in one where it may not take more. */
export function size(name: string, value: string, most: number): number {
  const chunks: Chunk[] = most === 1 ? [[name, value]] : split(name, value);
  return chunks.reduce((bytes, [own, chunk]) => bytes + own.length + chunk.length, 0);
}

function split(name: string, value: string): Chunk[] {
  const chunks: Chunk[] = [];
  let rest = value;
  do {
    const own = chunkName(name, chunks.length);
    const room = MAX_COOKIE - own.length;
    chunks.push([own, rest.slice(0, room)]);
    rest = rest.slice(room);
  } while (rest !== '');
  return chunks;
}

function chunkName(name: string, at: number): string {
  return at === 0 ? name : `${name}.${at}`;
}

/**
 * Bytes of a cookie's name and value together: a browser ignores a cookie that has more (RFC 6265bis, section 5.6). Its
 * attributes do not count, nor does the "=".
 */
export const MAX_COOKIE = 4096;
/** Cookies that one value may take. */
export const MAX_CHUNKS = 4;
