import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { generateKeys } from '../../keys.ts';
import { Sealer } from '../../sealer.ts';
import { sealedCookie, type SealedCookieOptions } from './sealed-cookie.ts';

interface Me {
  user: string;
}

const keys = generateKeys();
const options: SealedCookieOptions = { keys, name: 'me', ttl: '1h' };
const me = sealedCookie<Me>(options);

describe('a sealed cookie', () => {
  test('is read as it was written, from a request, its headers or its Cookie header', () => {
    const header = written({ user: 'Ada' });
    assert.deepEqual(me.read(header), { user: 'Ada' });
    assert.deepEqual(me.read(new Headers({ Cookie: header })), { user: 'Ada' });
    assert.deepEqual(me.read(new Request('https://example.com/', { headers: { Cookie: `a=1; ${header}` } })), { user: 'Ada' });
  });

  test('is nothing where there is none', () => {
    for (const from of [undefined, null, '', 'a=1', new Headers(), new Request('https://example.com/')]) {
      assert.equal(me.read(from), undefined);
    }
  });

  test('goes with the browser, and is kept from scripts, plain HTTP, other sites and caches', () => {
    const headers = new Headers({ 'Cache-Control': 'max-age=60', Vary: 'Origin' });
    me.write(headers, { user: 'Ada' });
    const [line = ''] = headers.getSetCookie();
    assert.match(line, /^__Host-me=[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    assert.equal(headers.get('Cache-Control'), 'no-store');
    assert.equal(headers.get('Vary'), 'Origin, Cookie');
  });

  test('outlives the browser where it was told to', () => {
    const headers = new Headers();
    sealedCookie<Me>({ ...options, persistent: true }).write(headers, { user: 'Ada' });
    assert.match(headers.getSetCookie()[0] ?? '', /; Max-Age=3600;/);
  });

  test('stands once in a response that sets it twice', () => {
    const headers = new Headers();
    me.write(headers, { user: 'Ada' });
    me.write(headers, { user: 'Bob' });
    assert.equal(headers.getSetCookie().length, 1);
    assert.deepEqual(me.read(cookiesOf(headers)), { user: 'Bob' });
  });

  test('is cleared with the attributes that it was set with', () => {
    const headers = new Headers();
    me.clear(headers);
    assert.deepEqual(headers.getSetCookie(), ['__Host-me=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax']);
    assert.equal(headers.get('Cache-Control'), 'no-store');
  });

  test('does not show what is in it', () => {
    const value = written({ user: 'Ada Lovelace' }).slice('__Host-me='.length);
    assert.ok(!Buffer.from(value, 'base64url').includes('Lovelace'));
  });

  test('is what docs/FORMAT.md says: purpose `cookie`, which no application can name, and the name as subject', () => {
    const value = written({ user: 'Ada' }).slice('__Host-me='.length);
    const sealer = new Sealer(keys);
    assert.throws(() => sealer.openText(value, { purpose: 'cookie', subject: '__Host-me' }), { code: 'unauthentic' });
  });
});

describe('a cookie that does not open is none', () => {
  const header = written({ user: 'Ada' });

  const others: [why: string, read: SealedCookieOptions, header: string][] = [
    ['of another keyring', { ...options, keys: generateKeys() }, header],
    ['of another tenant', { ...options, tenant: 'other' }, header],
    ['of another name', { ...options, name: 'you' }, header.replace('__Host-me', '__Host-you')],
    ['of the same name without the prefix', { ...options, secure: false }, header.replace('__Host-me', 'me')],
    ['that stands twice', options, `${header}; ${header}`],
    ['in quotes', options, header.replace('=', '="').concat('"')],
    ['cut off', options, header.slice(0, -1)],
    ['made longer', options, `${header}A`],
    ['empty', options, '__Host-me='],
    ['no base64url', options, '__Host-me=%%%'],
    ['beyond what browsers keep', options, `__Host-me=${'9'.repeat(5000)}`],
    ['a megabyte long', { ...options, chunk: true }, `__Host-me=${'9'.repeat(1_000_000)}`],
    ['with characters of no byte', options, '__Host-me=\u{1f600}\ud800'],
  ];
  for (const [why, read, header] of others) {
    test(why, () => assert.equal(sealedCookie<Me>(read).read(header), undefined));
  }

  test('with any bit of it flipped', () => {
    const bytes = Buffer.from(header.slice('__Host-me='.length), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(me.read(`__Host-me=${altered.toString('base64url')}`), undefined, `bit ${bit}`);
    }
  });

  test('from its expiry on', () => {
    let now = 1_900_000_000_000;
    const timed = sealedCookie<Me>({ ...options, ttl: 60, now: () => now });
    const headers = new Headers();
    timed.write(headers, { user: 'Ada' });
    now += 59_999;
    assert.deepEqual(timed.read(cookiesOf(headers)), { user: 'Ada' });
    now += 1;
    assert.equal(timed.read(cookiesOf(headers)), undefined);
  });

  test('but opens under a key that was added before it', () => {
    const [lookup = '', old = ''] = keys.split(',');
    const added = generateKeys().split(',')[1] ?? '';
    const rotated = sealedCookie<Me>({ ...options, keys: [lookup, added, old].join(',') });
    assert.deepEqual(rotated.read(header), { user: 'Ada' });
  });
});

describe('a cookie’s size', () => {
  test('is the bytes of name and value, which is what browsers count', () => {
    assert.equal(me.size({ user: 'Ada' }), written({ user: 'Ada' }).length - '='.length);
  });

  test('may be 4096 bytes and not one more', () => {
    // Padding makes sizes coarse, so it is the name that fills up what is left.
    const largest = largestFitting();
    const left = 4096 - sealedCookie<Me>({ ...options, name: 'n' }).size(largest);
    assert.ok(left >= 0 && left < 100, `${left}`);
    const exact = sealedCookie<Me>({ ...options, name: 'n'.repeat(1 + left) });
    assert.equal(exact.size(largest), 4096);
    exact.write(new Headers(), largest);
    const over = sealedCookie<Me>({ ...options, name: 'n'.repeat(2 + left) });
    assert.equal(over.size(largest), 4097);
    const headers = new Headers();
    assert.throws(() => over.write(headers, largest), { code: 'cookie_too_large' });
    assert.deepEqual([...headers], []);
  });

  test('is known for values that no cookie holds', () => {
    assert.ok(me.size({ user: 'a'.repeat(100_000) }) > 100_000);
  });
});

describe('options that cannot work are told at once', () => {
  const cases: [why: string, given: Partial<SealedCookieOptions>, error: object][] = [
    ['no keys', { keys: undefined }, { code: 'missing_keys' }],
    ['no name', { name: '' }, { code: 'invalid_option', field: 'name' }],
    ['no life', { ttl: 0 }, { code: 'invalid_field', field: 'ttl' }],
    ['half a second', { ttl: 0.5 }, { code: 'invalid_field', field: 'ttl' }],
    ['an impossible tenant', { tenant: 'a b' }, { code: 'invalid_option', field: 'tenant' }],
  ];
  for (const [why, given, error] of cases) {
    test(why, () => assert.throws(() => sealedCookie({ ...options, ...given }), error));
  }

  test('and values that are no JSON when they are written', () => {
    const any = sealedCookie<unknown>(options);
    for (const value of [undefined, () => 1, 1n, JSON.parse('{"__proto__": 1}')]) {
      assert.throws(() => any.write(new Headers(), value), { code: 'invalid_data' });
    }
  });
});

/** The value closest under what one cookie of a short name holds. */
function largestFitting(): Me {
  const cookie = sealedCookie<Me>({ ...options, name: 'n' });
  for (let length = 3072; length > 0; length -= 1) {
    const value = { user: 'a'.repeat(length) };
    if (cookie.size(value) <= 4096) return value;
  }
  throw new Error('nothing fits');
}

function written(value: Me): string {
  const headers = new Headers();
  me.write(headers, value);
  return cookiesOf(headers);
}

/** What a browser sends back that got these headers. */
function cookiesOf(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .join('; ');
}
