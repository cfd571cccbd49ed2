/** A cache keeps no answer that belongs to one cookie, and an older one that does tells it apart. */
export function keepPrivate(headers: Headers): void {
  headers.set('Cache-Control', cacheControl(headers.get('Cache-Control')));
  headers.set('Vary', vary(headers.get('Vary')));
}

/** Puts a cookie into a response, in the place of one with the same name: a browser would get both in no promised order. */
export function replaceCookie(headers: Headers, name: string, line: string): void {
  const others = headers.getSetCookie().filter((other) => !other.startsWith(`${name}=`));
  headers.delete('Set-Cookie');
  for (const other of others) headers.append('Set-Cookie', other);
  headers.append('Set-Cookie', line);
}

/** What the handler said about caching gives way; `no-transform` is about something else. */
function cacheControl(given: string | null): string {
  const isLeftAlone = given !== null && directives(given).includes('no-transform');
  return isLeftAlone ? 'no-store, no-transform' : 'no-store';
}

function vary(given: string | null): string {
  if (given === null || given.trim() === '') return 'Cookie';
  const names = directives(given);
  return names.includes('*') || names.includes('cookie') ? given : `${given}, Cookie`;
}

function directives(list: string): string[] {
  return list.split(',').map((item) => item.trim().toLowerCase());
}
