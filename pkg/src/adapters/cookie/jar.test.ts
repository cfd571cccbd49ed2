import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { generateKeys } from '../../keys.ts';
import type { CookieJar, JarAttributes } from './jar.ts';
import { sealedCookie } from './sealed-cookie.ts';

const options = { keys: generateKeys(), name: 'me', ttl: '1h' } as const;
const me = sealedCookie<{ user: string }>(options);

/** The shapes of cookies that frameworks hand out. */
const FRAMEWORKS: Record<string, (cookies: Cookies) => CookieJar | Promise<CookieJar>> = {
  'Next, whose cookies() is a promise': async (cookies) => ({
    get: (name) => (cookies.has(name) ? { name, value: cookies.get(name)?.value ?? '' } : undefined),
    set: (name, value, attributes) => cookies.set(name, { value, attributes }),
  }),
  SvelteKit: (cookies) => ({
    get: (name) => cookies.get(name)?.value,
    set: (name, value, attributes) => void cookies.set(name, { value, attributes }),
  }),
  'a jar whose every call is a promise': (cookies) => ({
    get: async (name) => cookies.get(name)?.value ?? null,
    set: async (name, value, attributes) => void cookies.set(name, { value, attributes }),
  }),
};

for (const [framework, jarOver] of Object.entries(FRAMEWORKS)) {
  describe(`a sealed cookie over ${framework}`, () => {
    test('is read as it was written, also from the header', async () => {
      const cookies: Cookies = new Map();
      await me.jar(jarOver(cookies)).write({ user: 'Ada' });
      assert.deepEqual(await me.jar(jarOver(cookies)).read(), { user: 'Ada' });
      assert.deepEqual(me.read(`__Host-me=${cookies.get('__Host-me')?.value}`), { user: 'Ada' });
    });

    test('is set with all its attributes, and cleared with them', async () => {
      const cookies: Cookies = new Map();
      const jar = me.jar(jarOver(cookies));
      assert.equal(await jar.read(), undefined);
      await jar.write({ user: 'Ada' });
      const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' };
      assert.deepEqual(cookies.get('__Host-me')?.attributes, attributes);
      await jar.clear();
      assert.deepEqual([...cookies], [['__Host-me', { value: '', attributes: { ...attributes, maxAge: 0 } }]]);
      assert.equal(await jar.read(), undefined);
    });

    test('clears chunks that a shorter value does not need, and no others', async () => {
      const cookies: Cookies = new Map();
      const jar = sealedCookie<string>({ ...options, chunk: true }).jar(jarOver(cookies));
      await jar.write('x'.repeat(8000));
      assert.equal(await jar.read(), 'x'.repeat(8000));
      await jar.write('y');
      assert.equal(await jar.read(), 'y');
      const cleared = [...cookies].filter(([, { attributes }]) => attributes.maxAge === 0).map(([name]) => name);
      assert.deepEqual(cleared, ['__Host-me.1', '__Host-me.2']);
      assert.equal(cookies.size, 3);
    });

    test('is not set where it is too large', async () => {
      const cookies: Cookies = new Map();
      await assert.rejects(me.jar(jarOver(cookies)).write({ user: 'x'.repeat(5000) }), { code: 'cookie_too_large' });
      assert.equal(cookies.size, 0);
    });
  });
}

type Cookies = Map<string, { value: string; attributes: JarAttributes }>;
