import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { generateKeys } from '../../keys.ts';
import { sealedCookie } from './sealed-cookie.ts';

const options = { keys: generateKeys(), name: 'big', ttl: '1h' } as const;
const big = sealedCookie<string>({ ...options, chunk: true });

/** Values by how many cookies they take. */
const SIZES = [10, 5000, 8000, 11_000] as const;

describe('a value in chunks', () => {
  for (const [at, length] of SIZES.entries()) {
    test(`of ${length} characters stands in ${at + 1} cookies that browsers keep`, () => {
      const browser = new Browser();
      const value = 'x'.repeat(length);
      browser.receive((headers) => big.write(headers, value));
      const names = ['__Host-big', '__Host-big.1', '__Host-big.2', '__Host-big.3'].slice(0, at + 1);
      assert.deepEqual([...browser.cookies.keys()], names);
      for (const [name, chunk] of browser.cookies) assert.ok(name.length + chunk.length <= 4096);
      assert.equal(big.read(browser.header()), value);
      assert.equal(big.size(value), [...browser.cookies].flat().join('').length);
    });
  }

  test('beyond four cookies is refused, and nothing is set', () => {
    const headers = new Headers();
    assert.throws(() => big.write(headers, 'x'.repeat(13_000)), { code: 'cookie_too_large' });
    assert.deepEqual([...headers], []);
  });

  test('leaves nothing of a longer one before it', () => {
    for (const before of SIZES) {
      for (const after of SIZES) {
        const browser = new Browser();
        browser.receive((headers) => big.write(headers, 'x'.repeat(before)));
        browser.receive((headers) => big.write(headers, 'y'.repeat(after)));
        assert.equal(big.read(browser.header()), 'y'.repeat(after), `${before} to ${after}`);
        assert.equal(browser.cookies.size, SIZES.indexOf(after) + 1);
      }
    }
  });

  test('is cleared whole', () => {
    const browser = new Browser();
    browser.receive((headers) => big.write(headers, 'x'.repeat(11_000)));
    browser.receive((headers) => big.clear(headers));
    assert.equal(browser.cookies.size, 0);
  });

  test('is a miss with any chunk missing, twice there, or of another write', () => {
    const one = new Browser();
    const other = new Browser();
    for (const browser of [one, other]) browser.receive((headers) => big.write(headers, 'x'.repeat(11_000)));
    const whole = new Map(one.cookies);
    for (const [name, chunk] of whole) {
      one.cookies.delete(name);
      assert.equal(big.read(one.header()), undefined, `without ${name}`);
      one.cookies.set(name, other.cookies.get(name) ?? '');
      assert.equal(big.read(one.header()), undefined, `with another’s ${name}`);
      one.cookies.set(name, chunk);
      assert.equal(big.read(`${one.header()}; ${name}=${chunk}`), undefined, `with two of ${name}`);
    }
    assert.equal(big.read(one.header()), 'x'.repeat(11_000));
  });

  test('joined in one cookie is nobody’s where one is all there may be', () => {
    const browser = new Browser();
    browser.receive((headers) => big.write(headers, 'x'.repeat(8000)));
    const whole = [...browser.cookies.values()].join('');
    assert.equal(big.read(`__Host-big=${whole}`), 'x'.repeat(8000));
    assert.equal(sealedCookie<string>(options).read(`__Host-big=${whole}`), undefined);
  });

  test('that fits into one is read without chunks, and the other way round', () => {
    const plain = sealedCookie<string>(options);
    const browser = new Browser();
    browser.receive((headers) => big.write(headers, 'x'));
    assert.equal(plain.read(browser.header()), 'x');
    browser.receive((headers) => plain.write(headers, 'y'));
    assert.equal(big.read(browser.header()), 'y');
  });
});

/** What a browser keeps of what responses set. */
class Browser {
  readonly cookies = new Map<string, string>();

  receive(respond: (headers: Headers) => void): void {
    const headers = new Headers();
    respond(headers);
    for (const line of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('; Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
