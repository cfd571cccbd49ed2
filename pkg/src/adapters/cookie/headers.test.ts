import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { keepPrivate, replaceCookie } from './headers.ts';

describe('headers of an answer that belongs to one cookie', () => {
  const cases: [why: string, given: Record<string, string>, cacheControl: string, vary: string][] = [
    ['nothing was said', {}, 'no-store', 'Cookie'],
    ['the handler wanted it cached', { 'Cache-Control': 'public, max-age=3600, s-maxage=7200, immutable' }, 'no-store', 'Cookie'],
    ['the handler said so already', { 'Cache-Control': 'no-store', Vary: 'Cookie' }, 'no-store', 'Cookie'],
    ['what is about no cache stays', { 'Cache-Control': 'No-Transform, max-age=1' }, 'no-store, no-transform', 'Cookie'],
    ['it varies by more', { Vary: 'Accept-Encoding' }, 'no-store', 'Accept-Encoding, Cookie'],
    ['it varies by cookie, in other letters', { Vary: 'Origin,COOKIE' }, 'no-store', 'Origin,COOKIE'],
    ['it varies by everything', { Vary: '*' }, 'no-store', '*'],
    ['it varies by a name that has ours in it', { Vary: 'X-Cookie' }, 'no-store', 'X-Cookie, Cookie'],
    ['it varies by nothing', { Vary: '' }, 'no-store', 'Cookie'],
  ];
  for (const [why, given, cacheControl, vary] of cases) {
    test(why, () => {
      const headers = new Headers(given);
      keepPrivate(headers);
      assert.equal(headers.get('Cache-Control'), cacheControl);
      assert.equal(headers.get('Vary'), vary);
    });
  }
});

test('a cookie takes the place of its namesake, and of no other', () => {
  const headers = new Headers();
  for (const line of ['session=1; Path=/', 'session2=1', 'Session=1', 'a=session=1']) headers.append('Set-Cookie', line);
  replaceCookie(headers, 'session', 'session=2; Path=/');
  assert.deepEqual(headers.getSetCookie(), ['session2=1', 'Session=1', 'a=session=1', 'session=2; Path=/']);
});
