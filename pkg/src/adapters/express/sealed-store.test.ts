import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';

import type { SessionData, SessionOptions } from 'express-session';

import { Browser } from '../../../../tests/support/browser.ts';
import { expressApp, sidOf } from '../../../../tests/support/express-app.ts';
import { serve } from '../../../../tests/support/serve.ts';
import { generateKeys, generateSessionId } from '../../keys.ts';
import { sessions, type SessionsOptions } from '../../sessions.ts';
import { memoryStore } from '../../stores/memory.ts';
import type { Sessions } from '../../types.ts';
import { ask } from './callback.ts';
import { SealedStore, type SealedStoreOptions } from './sealed-store.ts';

const keys = generateKeys();
const HOUR = 3_600_000;
const COOKIE = 'connect.sid';

interface Fixture {
  rules: Sessions<Record<string, unknown>>;
  store: SealedStore;
  /** The rules' calls since the last look. */
  calls: () => string[];
}

function fresh(options: SealedStoreOptions = {}, limits: Partial<SessionsOptions> = {}): Fixture {
  const rules = sessions({ keys, store: memoryStore(), ...limits });
  const calls: string[] = [];
  const counted = new Proxy(rules, {
    get(target, name: keyof typeof rules) {
      const method = target[name] as (...values: unknown[]) => unknown;
      return (...values: unknown[]) => {
        calls.push(name);
        return method.apply(target, values);
      };
    },
  });
  return { rules, store: new SealedStore(counted, options), calls: () => calls.splice(0) };
}

async function site(fixture: Fixture, options: Partial<SessionOptions> = {}): Promise<() => Browser> {
  const served = await serve(expressApp(fixture.store, options));
  after(served.close);
  return () => new Browser(served.url);
}

const newSid = () => randomBytes(24).toString('base64url');
const read = (store: SealedStore, sid: string) => ask<SessionData | null>((done) => store.get(sid, done));
const write = (store: SealedStore, sid: string, session: SessionData) => ask((done) => store.set(sid, session, done));

describe('a session over the rules', () => {
  it('lives from request to request, and ends at logout', async () => {
    const browser = (await site(fresh()))();
    for (const views of ['1', '2', '3']) assert.equal(await browser.text('/'), views);
    const old = browser.copy();
    await browser.post('/logout');
    assert.equal(await old.text('/'), '1');
  });

  it('costs one call to load, one more to save what changed, and none to touch', async () => {
    const fixture = fresh();
    const browser = (await site(fixture, { cookie: { maxAge: HOUR } }))();
    await browser.text('/');
    assert.deepEqual(fixture.calls(), ['create']);
    await browser.text('/');
    assert.deepEqual(fixture.calls(), ['read', 'replace']);
    await browser.text('/me');
    assert.deepEqual(fixture.calls(), ['read']);
  });

  it('is written only where something changed, whatever `resave` says', async () => {
    const fixture = fresh();
    const browser = (await site(fixture, { resave: true }))();
    await browser.text('/');
    fixture.calls();
    await browser.text('/me');
    assert.deepEqual(fixture.calls(), ['read']);
  });

  it('comes back as it was: nulls, dates as text, nested objects, and its cookie', async () => {
    const { store } = fresh();
    const sid = newSid();
    const cookie = { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR), sameSite: 'lax' as const, path: '/app' };
    const fields = { none: null, list: [null, { a: 1 }], date: new Date(0), deep: { a: { b: null } }, gone: undefined };
    await write(store, sid, { cookie, ...fields });
    const found = await read(store, sid);
    assert.ok(found);
    const { cookie: revived, ...rest } = found;
    assert.deepEqual(rest, { none: null, list: [null, { a: 1 }], date: '1970-01-01T00:00:00.000Z', deep: { a: { b: null } } });
    const { expires, ...attributes } = revived;
    assert.deepEqual(attributes, { originalMaxAge: HOUR, sameSite: 'lax', path: '/app' });
    assert.ok(expires && Math.abs(expires.getTime() - Date.now() - HOUR) < 1000);
  });

  it('may be one that was made elsewhere', async () => {
    const { rules, store } = fresh();
    const { id } = await rules.create({ data: { views: 41 }, user: 'ann' });
    const found = await read(store, id);
    assert.ok(found);
    assert.deepEqual({ ...found, cookie: undefined }, { views: 41, cookie: undefined });
    await write(store, id, Object.assign(found, { views: 42 }));
    const { data, user } = (await rules.read(id)) ?? {};
    assert.deepEqual([data?.['views'], user], [42, 'ann']);
  });

  it('made elsewhere has no cookie, and what express-session gives it is nobody’s change', async () => {
    const { rules, store, calls } = fresh();
    const { id } = await rules.create({ data: { views: 41 } });
    const found = await read(store, id);
    assert.ok(found);
    const session = store.createSession({ sessionID: id, sessionStore: store } as never, found);
    assert.equal(session.cookie.path, '/');
    await new Promise((resolve) => session.save(resolve));
    assert.deepEqual(calls(), ['read']);
  });
});

describe('saving', () => {
  it('replaces what was loaded, however it is got at, and goes on from there', async () => {
    const { store, calls } = fresh();
    const sid = newSid();
    const first: SessionData = { cookie: { originalMaxAge: null }, a: 1 };
    await write(store, sid, first);
    await write(store, sid, Object.assign(first, { a: 2 }));
    const loaded = await read(store, sid);
    assert.ok(loaded);
    const request = { sessionID: sid, sessionStore: store } as never;
    const session = store.createSession(request, loaded);
    session['a'] = 3;
    await new Promise((resolve) => session.save(resolve));
    session['a'] = 4;
    await new Promise((resolve) => session.save(resolve));
    await new Promise((resolve) => session.reload(resolve));
    assert.deepEqual(calls(), ['create', 'replace', 'read', 'replace', 'replace', 'read']);
    assert.equal((await read(store, sid))?.['a'], 4);
  });

  it('a session that was not loaded creates it', async () => {
    const { store, calls } = fresh();
    const sid = newSid();
    await write(store, sid, { cookie: { originalMaxAge: null }, a: 1 });
    await write(store, sid, { cookie: { originalMaxAge: null }, b: 1 });
    assert.deepEqual(calls(), ['create', 'create']);
    assert.deepEqual({ ...(await read(store, sid)), cookie: 0 }, { b: 1, cookie: 0 });
  });

  it('a session whose cookie is over ends it', async () => {
    const { rules, store } = fresh();
    const sid = newSid();
    await write(store, sid, { cookie: { originalMaxAge: HOUR } });
    await write(store, sid, { cookie: { originalMaxAge: HOUR, expires: new Date(Date.now() - 1) } });
    assert.equal(await rules.read(sid), undefined);
  });

  it('what is not JSON is an error', async () => {
    const { store } = fresh();
    await assert.rejects(write(store, newSid(), { cookie: { originalMaxAge: null }, n: 1n }), { code: 'invalid_data' });
  });
});

describe('lifetimes', () => {
  const idleOf = async ({ rules }: Fixture, sid: string) => {
    const session = await rules.read(sid);
    assert.ok(session);
    return Math.round((session.idleExpiresAt.getTime() - session.lastSeenAt.getTime()) / 1000);
  };
  const lifeOf = async ({ rules }: Fixture, sid: string) => {
    const session = await rules.read(sid);
    assert.ok(session);
    return Math.round((session.expiresAt.getTime() - session.createdAt.getTime()) / 1000);
  };
  const saved = async (fixture: Fixture, originalMaxAge: number | null) => {
    const sid = newSid();
    await write(fixture.store, sid, { cookie: { originalMaxAge } });
    return sid;
  };

  it('the idle window is the cookie’s maxAge, else `ttl`, else the sessions’', async () => {
    const fixture = fresh({ ttl: '2h' });
    assert.equal(await idleOf(fixture, await saved(fixture, HOUR)), 3600);
    assert.equal(await idleOf(fixture, await saved(fixture, 5)), 1);
    assert.equal(await idleOf(fixture, await saved(fixture, null)), 7200);
    const plain = fresh({}, { idle: '3h' });
    assert.equal(await idleOf(plain, await saved(plain, null)), 10_800);
  });

  it('a maxAge beyond the absolute life wants `absolute`, and is clipped to it', async () => {
    await assert.rejects(saved(fresh(), 30 * 24 * HOUR), {
      code: 'invalid_lifetime',
      field: 'idle',
      message: /its cookie's maxAge, ttl or absolute/,
    });
    const fixture = fresh({ absolute: '14d' });
    const sid = await saved(fixture, 30 * 24 * HOUR);
    assert.equal(await idleOf(fixture, sid), 14 * 86_400);
    assert.equal(await lifeOf(fixture, sid), 14 * 86_400);
  });

  it('another maxAge is written by a touch, and by a save', async () => {
    const fixture = fresh();
    const sid = await saved(fixture, HOUR);
    const loaded = await read(fixture.store, sid);
    assert.ok(loaded);
    fixture.calls();
    loaded.cookie.expires = new Date();
    await ask((done) => fixture.store.touch(sid, loaded, done));
    await ask((done) => fixture.store.touch(newSid(), { cookie: { originalMaxAge: 1 } }, done));
    assert.deepEqual(fixture.calls(), []);

    Object.assign(loaded.cookie, { originalMaxAge: 2 * HOUR, expires: new Date(Date.now() + HOUR) });
    await ask((done) => fixture.store.touch(sid, loaded, done));
    assert.deepEqual(fixture.calls(), ['replace']);
    assert.equal(await idleOf(fixture, sid), 7200);
    assert.equal((await read(fixture.store, sid))?.cookie.originalMaxAge, 2 * HOUR);

    await write(fixture.store, sid, Object.assign(loaded, { cookie: { originalMaxAge: HOUR } }));
    assert.equal(await idleOf(fixture, sid), 3600);
  });

  it('settings that make no sense are refused', () => {
    for (const options of [{ timeout: 0 }, { timeout: '1d' }, { ttl: -1 }, { absolute: 1.5 }] as SealedStoreOptions[]) {
      assert.throws(() => fresh(options), { code: 'invalid_field', field: Object.keys(options)[0] });
    }
  });
});

describe('users', () => {
  const fixture = fresh({ user: (session) => session.user });
  const { rules } = fixture;
  const browsers = site(fixture);
  const handles = async (user: string) => (await rules.user(user).list()).sessions.map(({ handle }) => handle);

  it('are bound by the save that knows them, under the new ID of the login', async () => {
    const browser = (await browsers)();
    await browser.text('/');
    const before = sidOf(browser.cookies.get(COOKIE));
    await browser.post('/login/ann');
    const sid = sidOf(browser.cookies.get(COOKIE));
    assert.notEqual(sid, before);
    assert.deepEqual(await handles('ann'), [rules.handle(sid)]);
    assert.equal(await rules.read(before), undefined);

    await browser.post('/login/bob');
    assert.deepEqual([await handles('ann'), (await handles('bob')).length], [[], 1]);
    await browser.post('/logout');
    assert.deepEqual(await handles('bob'), []);
  });

  it('can be logged out everywhere', async () => {
    const [phone, laptop] = [(await browsers)(), (await browsers)()];
    for (const browser of [phone, laptop]) await browser.post('/login/cy');
    assert.equal((await rules.user('cy').revokeAll()).ended, 2);
    for (const browser of [phone, laptop]) assert.equal(await browser.text('/me'), 'nobody');
  });

  it('may change or go in a session that stays', async () => {
    const sid = newSid();
    const session: SessionData = { cookie: { originalMaxAge: null }, user: 'dee' };
    await write(fixture.store, sid, session);
    await write(fixture.store, sid, Object.assign(session, { user: 'eve' }));
    assert.deepEqual([await handles('dee'), await handles('eve')], [[], [rules.handle(sid)]]);
    delete session.user;
    await write(fixture.store, sid, session);
    assert.deepEqual(await handles('eve'), []);
    assert.ok(await rules.read(sid));
  });

  it('are text', async () => {
    const { store } = fresh({ user: () => 7 as never });
    await assert.rejects(write(store, newSid(), { cookie: { originalMaxAge: null } }), { code: 'invalid_field', field: 'user' });
  });
});

describe('IDs', () => {
  it('without the form of one are a miss, nothing to destroy, and an error when saved', async () => {
    const { store } = fresh();
    for (const sid of ['', 'short', 'ü'.repeat(32), 'x'.repeat(129), `${'x'.repeat(31)}\n`]) {
      assert.equal(await read(store, sid), null);
      await ask((done) => store.destroy(sid, done));
      await assert.rejects(write(store, sid, { cookie: { originalMaxAge: null } }), { code: 'invalid_session_id' });
    }
  });

  it('of our own are not for the caller to choose', async () => {
    const { store } = fresh();
    await assert.rejects(write(store, generateSessionId(), { cookie: { originalMaxAge: null } }), { code: 'native_id' });
  });

  it('are never listed, and so nothing is counted or cleared', () => {
    const { store } = fresh();
    for (const name of ['all', 'ids', 'length', 'clear']) assert.equal(name in store, false, name);
  });
});
