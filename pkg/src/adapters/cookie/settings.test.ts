import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { cookieSettings, setCookie, type CookieOptions } from './settings.ts';

describe('a cookie’s name', () => {
  test('gets the strongest prefix that its attributes allow', () => {
    assert.equal(cookieSettings('session').name, '__Host-session');
    assert.equal(cookieSettings('session', { path: '/app' }).name, '__Secure-session');
    assert.equal(cookieSettings('session', { domain: 'example.com' }).name, '__Secure-session');
    assert.equal(cookieSettings('session', { secure: false }).name, 'session');
  });

  test('keeps a prefix of its own that its attributes allow', () => {
    assert.equal(cookieSettings('__Host-session').name, '__Host-session');
    assert.equal(cookieSettings('__Secure-session').name, '__Secure-session');
    assert.equal(cookieSettings('__Secure-session', { domain: 'example.com' }).name, '__Secure-session');
  });

  const refused: [name: string, options: CookieOptions][] = [
    ['__Host-session', { secure: false }],
    ['__Host-session', { path: '/app' }],
    ['__Host-session', { domain: 'example.com' }],
    ['__Secure-session', { secure: false }],
    ['__host-session', {}],
    ['', {}],
    ['a'.repeat(129), {}],
    ...Array.from(' \t\r\n\0;,="/()<>@:[]?{}\\é').map((char): [string, CookieOptions] => [`a${char}b`, {}]),
  ];
  for (const [name, options] of refused) {
    test(`refuses ${JSON.stringify(name.slice(0, 20))} with ${JSON.stringify(options)}`, () => {
      assert.throws(() => cookieSettings(name, options), { code: 'invalid_option', field: 'name' });
    });
  }
});

describe('a cookie’s attributes', () => {
  test('are the safest where nothing is said', () => {
    const settings = cookieSettings('session');
    assert.equal(setCookie(settings.name, '9Q', settings), '__Host-session=9Q; Path=/; HttpOnly; Secure; SameSite=Lax');
  });

  test('are what was said', () => {
    const settings = cookieSettings('s', { path: '/app', domain: 'example.com', sameSite: 'none', partitioned: true });
    const line = setCookie(settings.name, '', settings, 0);
    assert.equal(line, '__Secure-s=; Path=/app; Domain=example.com; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned');
  });

  const refused: [field: string, options: CookieOptions][] = [
    ['sameSite', { sameSite: 'none', secure: false }],
    ['sameSite', { sameSite: 'Lax' as 'lax' }],
    ['sameSite', { sameSite: 'toString' as 'lax' }],
    ['partitioned', { partitioned: true, secure: false }],
    ['path', { path: '' }],
    ['path', { path: 'app' }],
    ['path', { path: `/${'a'.repeat(1024)}` }],
    ['domain', { domain: '' }],
    ['domain', { domain: '.example.com' }],
    ['domain', { domain: 'a'.repeat(255) }],
    // Whatever ends an attribute or a header would let one value set others (CVE-2024-47764).
    ...[';', ',', ' ', '\r\n', '\0', 'é'].map((text): [string, CookieOptions] => ['domain', { domain: `a${text}b` }]),
    ...[';', ' ', '\r\n', '\0', '\u007f', 'é'].map((text): [string, CookieOptions] => ['path', { path: `/a${text}b` }]),
  ];
  for (const [field, options] of refused) {
    test(`refuses ${JSON.stringify(options).slice(0, 60)}`, () => {
      assert.throws(() => cookieSettings('session', options), { code: 'invalid_option', field });
    });
  }
});
