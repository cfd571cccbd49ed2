// Both stores under the real koa-session, over HTTP.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';

import Koa from 'koa';
import session, { type CreateSessionOptions } from 'koa-session';

import { Browser } from '../../../../tests/support/browser.ts';
import { serve } from '../../../../tests/support/serve.ts';
import { generateKeys, generateSessionId } from '../../keys.ts';
import { sessions } from '../../sessions.ts';
import type { Store } from '../../store.ts';
import { memoryStore } from '../../stores/memory.ts';
import { SealedStore, sealed, type KoaStore } from './index.ts';

const keys = generateKeys();
const COOKIE = 'koa.sess';
const HOUR = 3_600_000;

/** Requests that have loaded their session, and what lets them go on. */
const waiting: (() => void)[] = [];
const goOn = () => {
  for (const resume of waiting.splice(0)) resume();
};

async function start(store: KoaStore, options: CreateSessionOptions = {}) {
  const app = new Koa();
  // Else koa prints each error that a test is about.
  app.silent = true;
  app.keys = ['the cookie secret of these tests'];
  app.use(session({ store, maxAge: HOUR, ...options }, app));
  app.use(async (ctx) => {
    const [, action, name = '', value = ''] = ctx.path.split('/');
    const held = ctx['session'];
    if (action === 'slow') await new Promise<void>((resume) => waiting.push(resume));
    if (action === '') held.views = (held.views ?? 0) + 1;
    if (action === 'set' || action === 'slow') held[name] = value;
    if (action === 'unset') delete held[name];
    if (action === 'login') {
      held.user = name;
      await held.regenerate();
    }
    if (action === 'logout') ctx['session'] = null;
    ctx.body = JSON.stringify(ctx['session'] ?? {});
  });
  const served = await serve(app.callback());
  after(served.close);
  return served.url;
}

async function loaded(browser: Browser, paths: string[]): Promise<Promise<Response>[]> {
  const requests = paths.map(async (path) => browser.copy().fetch(path));
  while (waiting.length < paths.length) await new Promise((resolve) => setImmediate(resolve));
  return requests;
}

const idOf = (browser: Browser) => browser.cookies.get(COOKIE) ?? '';

describe('SealedStore for koa-session', async () => {
  const memory = memoryStore();
  let isDown = false;
  const store: Store = {
    ...memory,
    get: async (...asked) => (isDown ? Promise.reject(new Error('down')) : memory.get(...asked)),
  };
  const rules = sessions<Record<string, any>>({ keys, store });
  const url = await start(new SealedStore(rules, { user: ({ user }) => user }));
  const fresh = async () => {
    const browser = new Browser(url);
    await browser.text('/');
    return browser;
  };
  const dataOf = async (browser: Browser) => {
    const { _expire, _maxAge, ...data } = (await rules.read(idOf(browser)))?.data ?? {};
    return data;
  };

  it('keeps a session from request to request, with the idle window of its maxAge', async () => {
    const browser = await fresh();
    assert.equal(await browser.text('/'), '{"views":2}');
    const found = await rules.read(idOf(browser));
    assert.equal((found?.idleExpiresAt.getTime() ?? 0) - (found?.lastSeenAt.getTime() ?? 0), HOUR + 10_000);
    assert.equal(await new Browser(url).text('/me'), '{}');
  });

  it('has nothing for who was never seen, and a new ID for an unknown one', async () => {
    const browser = await fresh();
    const id = idOf(browser);
    await rules.end(id);
    assert.equal(await browser.text('/'), '{"views":1}');
    assert.notEqual(idOf(browser), id);
  });

  it('logs in under a new ID, and the old one is dead', async () => {
    const browser = await fresh();
    const [before, id] = [browser.copy(), idOf(browser)];
    await browser.fetch('/login/ann');
    assert.notEqual(idOf(browser), id);
    assert.equal(await rules.read(id), undefined);
    assert.equal(await before.text('/set/x/1'), '{"x":"1"}');
    assert.equal((await rules.read(idOf(browser)))?.user, 'ann');
    assert.equal((await rules.user('ann').list()).sessions.length, 1);
    await rules.user('ann').revokeAll();
    assert.equal(await browser.text('/me'), '{}');
  });

  it('logs out', async () => {
    const browser = await fresh();
    const before = browser.copy();
    await browser.fetch('/logout');
    assert.equal(await rules.read(idOf(before)), undefined);
    assert.equal(await before.text('/'), '{"views":1}');
  });

  it('a request that is late revives nothing, and is told no error', async () => {
    const browser = await fresh();
    const before = browser.copy();
    const [late] = await loaded(browser, ['/slow/x/1']);
    await browser.fetch('/logout');
    goOn();
    assert.equal((await late)?.status, 200);
    assert.equal(await rules.read(idOf(before)), undefined);
  });

  it('requests at once keep what each of them changed', async () => {
    const browser = await fresh();
    await browser.fetch('/set/gone/soon');
    const requests = await loaded(browser, ['/slow/a/1', '/slow/b/2', '/slow/c/3']);
    await browser.fetch('/unset/gone');
    await browser.fetch('/set/d/4');
    goOn();
    for (const { status } of await Promise.all(requests)) assert.equal(status, 200);
    assert.deepEqual(await dataOf(browser), { views: 1, a: '1', b: '2', c: '3', d: '4' });
  });

  it('answers 503 while the store is down', async () => {
    const browser = await fresh();
    isDown = true;
    const response = await browser.fetch('/');
    isDown = false;
    assert.equal(response.status, 503);
    assert.equal(await browser.text('/'), '{"views":2}');
  });

  it('misses IDs that can be none, and creates nothing under one of our own kind', async () => {
    const bare = new SealedStore(rules);
    for (const id of ['', 'short', 'ä'.repeat(40)]) {
      assert.equal(await bare.get(id), undefined);
      await bare.destroy(id);
    }
    await assert.rejects(bare.set(generateSessionId(), {}, HOUR), { code: 'native_id' });
    await assert.rejects(bare.set(randomUUID(), {}, 8 * 24 * HOUR), { code: 'invalid_lifetime' });
    const id = randomUUID();
    await new SealedStore(rules, { absolute: '30d' }).set(id, { a: 1 }, 31 * 24 * HOUR);
    assert.deepEqual(await bare.get(id), { a: 1 });
    await rules.end(id);
    await bare.set(id, { a: 2 }, HOUR);
    assert.equal(await bare.get(id), undefined);
  });

  it('takes sessions that go with the browser', async () => {
    const bySession = await start(new SealedStore(rules, { ttl: '2h' }), { maxAge: 'session' });
    const browser = new Browser(bySession);
    for (const views of [1, 2]) assert.equal(await browser.text('/'), JSON.stringify({ views }));
    const found = await rules.read(idOf(browser));
    assert.equal((found?.idleExpiresAt.getTime() ?? 0) - (found?.lastSeenAt.getTime() ?? 0), 2 * HOUR);
  });
});

describe('sealed() around a store for koa-session', async () => {
  const held = new Map<string, any>();
  let now = Math.ceil(Date.now() / 1000) * 1000;
  const inner: KoaStore = {
    get: async (key) => held.get(key),
    set: async (key, value) => void held.set(key, structuredClone(value)),
    destroy: async (key) => void held.delete(key),
  };
  const url = await start(sealed(inner, { keys, absolute: '1d', now: () => now }));

  it('keeps sessions that nobody can read, under handles', async () => {
    const browser = new Browser(url);
    for (const views of [1, 2, 3]) assert.equal(await browser.text('/'), JSON.stringify({ views }));
    await browser.fetch('/set/name/the-needle');
    const text = JSON.stringify([...held]);
    for (const needle of [idOf(browser), 'the-needle', 'views']) assert.ok(!text.includes(needle), needle);
    assert.deepEqual([...held.values()].map((value: object) => Object.keys(value)), [['sealed']]);
    const before = browser.copy();
    await browser.fetch('/login/ann');
    assert.equal(held.size, 1);
    assert.equal(await before.text('/me'), '{}');
    await browser.fetch('/logout');
    assert.equal(held.size, 0);
  });

  it('misses what is plain, swapped or altered', async () => {
    const [ann, mallory] = [new Browser(url), new Browser(url)];
    await ann.fetch('/set/name/ann');
    const [anns = ''] = held.keys();
    await mallory.fetch('/');
    const mallorys = [...held.keys()].find((key) => key !== anns) ?? '';
    const own = held.get(mallorys);
    for (const value of [held.get(anns), { name: 'ann' }, { sealed: 'AAAA' }, { sealed: 1 }, null]) {
      held.set(mallorys, value);
      assert.equal(await mallory.copy().text('/me'), '{}');
    }
    held.set(mallorys, own);
    assert.equal(await mallory.text('/me'), '{"views":1}');
    assert.equal(await ann.text('/me'), '{"name":"ann"}');
  });

  it('ends at its absolute life, however often it was saved, also by requests that did not load it', async () => {
    const store = sealed(inner, { keys, absolute: '1d', now: () => now });
    const id = randomUUID();
    for (let hour = 0; hour < 24; hour++) {
      await store.set(id, { hour }, HOUR, hour % 2 ? {} : { ctx: {} });
      now += HOUR;
    }
    assert.equal(await store.get(id, HOUR, {}), undefined);
    await store.set(id, { hour: 24 }, HOUR, {});
    assert.equal(await store.get(id, HOUR, {}), undefined);
  });

  it('passes on what the store throws, and what cannot be sealed', async () => {
    const fail = async () => Promise.reject(new Error('down'));
    const store = sealed({ get: fail, set: fail, destroy: fail }, { keys });
    const id = randomUUID();
    for (const call of [store.get(id, HOUR, {}), store.set(id, {}, HOUR, {}), store.destroy(id, {})]) await assert.rejects(call, { message: 'down' });
    await assert.rejects(sealed(inner, { keys }).set(id, { n: 1n }, HOUR, {}), { code: 'invalid_data' });
    assert.throws(() => sealed(inner, { keys: undefined }), { code: 'missing_keys' });
  });
});
