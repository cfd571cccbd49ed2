import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';

import { RedisStore } from 'connect-redis';
import session, { MemoryStore, type Store } from 'express-session';
import memorystore from 'memorystore';
import { createClient } from 'redis';

import { Browser } from '../../../../tests/support/browser.ts';
import { expressApp, sidOf } from '../../../../tests/support/express-app.ts';
import { Redis, redisIsMissing } from '../../../../tests/support/redis.ts';
import { type Served, serve } from '../../../../tests/support/serve.ts';
import { generateKeys } from '../../keys.ts';
import { sealed } from './sealed.ts';

const skip = redisIsMissing();
const keys = generateKeys();
const COOKIE = 'connect.sid';
const HOUR = 3_600_000;

/** A store with all that it holds as text. */
interface Kind {
  store: Store;
  entries(): Promise<[string, string][]>;
  put(name: string, value: string): Promise<unknown>;
}

function suite(kind: () => Kind): void {
  const { store, ...held } = kind();
  const served = serve(expressApp(sealed(store, { keys }), { cookie: { maxAge: HOUR } }));
  after(async () => (await served).close());
  const browser = async () => new Browser((await served).url);

  it('a session lives from request to request, and nothing of it can be read', async () => {
    const ann = await browser();
    await ann.post('/login/ann-the-needle');
    for (const views of ['1', '2', '3']) assert.equal(await ann.text('/'), views);
    assert.equal(await ann.text('/me'), 'ann-the-needle');

    const sid = sidOf(ann.cookies.get(COOKIE));
    assert.equal(sid.length, 32);
    const all = await held.entries();
    assert.equal(all.length, 1);
    const text = JSON.stringify(all);
    for (const needle of [sid, 'ann-the-needle', 'views', 'user']) assert.ok(!text.includes(needle), needle);
    await ann.post('/logout');
    assert.equal(await ann.text('/me'), 'nobody');
    assert.deepEqual(await held.entries(), []);
  });

  it('a login gives a new ID, and the old one is dead', async () => {
    const mallory = await browser();
    await mallory.text('/');
    const ann = mallory.copy();
    await ann.post('/login/ann');
    assert.notEqual(ann.cookies.get(COOKIE), mallory.cookies.get(COOKIE));
    assert.equal(await ann.text('/me'), 'ann');
    assert.equal(await mallory.text('/me'), 'nobody');
    await ann.post('/logout');
  });

  it('values that somebody swapped, cut off or wrote in plain open nothing', async () => {
    const [ann, mallory] = [await browser(), await browser()];
    await ann.post('/login/ann');
    const [anns, value] = (await held.entries())[0] ?? ['', ''];
    await mallory.post('/login/mallory');
    const [mallorys = ''] = (await held.entries()).find(([name]) => name !== anns) ?? [];

    await held.put(mallorys, value);
    assert.equal(await mallory.text('/me'), 'nobody');
    const plain = JSON.stringify({ cookie: { path: '/', originalMaxAge: HOUR }, user: 'mallory' });
    await held.put(mallorys, plain);
    assert.equal(await mallory.text('/me'), 'nobody');
    const stored = JSON.parse(value) as { sealed: string };
    await held.put(anns, JSON.stringify({ ...stored, sealed: stored.sealed.slice(0, -4) }));
    assert.equal(await ann.text('/me'), 'nobody');
    await held.put(anns, value);
    assert.equal(await ann.text('/me'), 'ann');
  });
}

describe('sealed() around express-session’s own store', () => {
  suite(() => {
    const store = new MemoryStore() as MemoryStore & { sessions: Record<string, string> };
    return {
      store,
      entries: async () => Object.entries(store.sessions),
      put: async (name, value) => (store.sessions[name] = value),
    };
  });
});

describe('sealed() around memorystore', () => {
  suite(() => {
    interface Lru {
      keys(): string[];
      get(name: string): string;
      set(name: string, value: string): void;
    }
    const store = new (memorystore(session))({ checkPeriod: HOUR });
    const { store: lru } = store as unknown as { store: Lru };
    after(() => store.stopInterval());
    return {
      store,
      entries: async () => lru.keys().map((name) => [name, lru.get(name)]),
      put: async (name, value) => lru.set(name, value),
    };
  });
});

describe('sealed() around connect-redis', { skip }, async () => {
  if (skip) return;
  const redis = await Redis.start();
  const client = await createClient({ url: redis.url }).connect();
  const plain = new RedisStore({ client, prefix: 'app:' });
  const store = sealed(plain, { keys });
  let served: Served | undefined;
  after(async () => {
    await served?.close();
    client.destroy();
    await redis.stop();
  });

  suite(() => ({
    store: plain,
    entries: async () => {
      const names = await client.keys('*');
      return Promise.all(names.map(async (name) => [name, (await client.get(name)) ?? ''] as [string, string]));
    },
    put: async (name, value) => client.set(name, value, { expiration: 'KEEPTTL' }),
  }));

  it('TTL, touch, length and clear are the store’s', async () => {
    served = await serve(expressApp(store, { cookie: { maxAge: HOUR } }));
    await client.flushAll();
    const ann = new Browser(served.url);
    await ann.post('/login/ann');
    const [name = ''] = await client.keys('*');
    assert.match(name, /^app:[\w-]{43}$/);
    const ttl = await client.ttl(name);
    assert.ok(ttl > 3590 && ttl <= 3600, `${ttl}`);

    await client.expire(name, 100);
    assert.equal(await ann.text('/me'), 'ann');
    assert.ok((await client.ttl(name)) > 3590, 'a request touches it');

    const { promise, resolve } = Promise.withResolvers<unknown[]>();
    store.length?.((...answer) => resolve(answer));
    assert.deepEqual(await promise, [null, 1]);
    await new Promise<void>((resolve) => store.clear?.(() => resolve()));
    assert.equal(await client.dbSize(), 0);
    assert.equal(await ann.text('/me'), 'nobody');
  });

  it('a session whose cookie is over is deleted, as connect-redis has it', async () => {
    const sid = 'x'.repeat(32);
    const save = async (expires: number) =>
      new Promise((resolve) => store.set(sid, { cookie: { originalMaxAge: HOUR, expires: new Date(expires) } }, resolve));
    await save(Date.now() + HOUR);
    assert.equal(await client.dbSize(), 1);
    await save(Date.now() - 1);
    assert.equal(await client.dbSize(), 0);
  });
});
