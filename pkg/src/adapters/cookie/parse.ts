/**
 * The value of the one cookie that has exactly this name, out of a `Cookie` header; nothing where there is none, or more
 * than one: of two, either may be an attacker's.
 *
 * Bytes are compared as they stand (RFC 6265bis, section 4.2.1, which is all that browsers send). Only SP and HTAB around a
 * pair are dropped. Names are not %-decoded, quotes stay, `$Version` means nothing, and wider notions of white space have none:
 * each of these has made a server see a `__Host-` cookie where the browser saw another one. (The library `cookie` 1.1 takes the
 * first of two and drops a space before the "=".)
 *
 * @example
 * cookieValue('a=1; __Host-session=9Q', '__Host-session'); // '9Q'
 */
export function cookieValue(header: string, name: string): string | undefined {
  let found: string | undefined;
  for (const pair of header.split(';')) {
    const [start, end] = trimmed(pair);
    // The first "=" ends the name, so that whatever stands before it must be all of it.
    if (!pair.startsWith(name, start) || pair[start + name.length] !== '=') continue;
    if (found !== undefined) return undefined;
    found = pair.slice(start + name.length + 1, end);
  }
  return found;
}

/** Where a pair begins and ends without the SP and HTAB around it. */
function trimmed(pair: string): [start: number, end: number] {
  let start = 0;
  let end = pair.length;
  while (start < end && isBlank(pair.charCodeAt(start))) start += 1;
  while (end > start && isBlank(pair.charCodeAt(end - 1))) end -= 1;
  return [start, end];
}

function isBlank(unit: number): boolean {
  return unit === SP || unit === HTAB;
}

const SP = 0x20;
const HTAB = 0x09;
