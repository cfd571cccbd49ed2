// Sessions from before the store was sealed: read once, sealed, and counted; and not a day too long.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import session, { MemoryStore, type SessionData } from 'express-session';

import { Browser } from '../../../../tests/support/browser.ts';
import { expressApp, sidOf } from '../../../../tests/support/express-app.ts';
import { serve } from '../../../../tests/support/serve.ts';
import { generateKeys } from '../../keys.ts';
import type { MigrateFrom } from '../migration.ts';
import { ask } from './callback.ts';
import { sealed, type SealedOptions } from './sealed.ts';

type Held = MemoryStore & { sessions: Record<string, string> };

const keys = generateKeys();
const DAY = 86_400_000;
const tomorrow = () => new Date(Date.now() + DAY);
const sid = 'a'.repeat(32);
const plain = { cookie: { originalMaxAge: null, path: '/', expires: null }, user: 'ann' };

function fresh(migrateFrom: MigrateFrom | undefined, options: Partial<SealedOptions> = {}) {
  const inner = new MemoryStore() as Held;
  inner.sessions[sid] = JSON.stringify(plain);
  const store = sealed(inner, { keys, migrateFrom, ...options });
  return { inner, store, read: (id = sid) => ask<SessionData | null>((done) => store.get(id, done)) };
}

describe('migrateFrom', () => {
  it('seals a plain session when it is first used, counts it, and leaves nothing in plain', async () => {
    const counts: number[] = [];
    const { inner, read } = fresh({ plain: true, until: tomorrow(), onMigrated: (count) => counts.push(count) });
    for (let times = 0; times < 3; times++) assert.deepEqual({ ...(await read()) }, plain);
    assert.deepEqual(counts, [1]);
    const held = JSON.stringify(inner.sessions);
    assert.deepEqual(Object.keys(inner.sessions).map((name) => name.length), [43]);
    for (const needle of [sid, 'ann']) assert.ok(!held.includes(needle));
  });

  it('carries a session of a running app over, and its logout ends it', async () => {
    const inner = new MemoryStore() as Held;
    const before = await serve(expressApp(inner));
    const browser = new Browser(before.url);
    await browser.post('/login/ann');
    await before.close();

    const after = await serve(expressApp(sealed(inner, { keys, migrateFrom: { plain: true, until: tomorrow() } })));
    try {
      const ann = browser.at(after.url);
      const copy = ann.copy();
      assert.equal(await ann.text('/me'), 'ann');
      assert.equal(await ann.text('/'), '1');
      assert.equal(await ann.text('/'), '2');
      assert.equal(inner.sessions[sidOf(ann.cookies.get('connect.sid'))], undefined);
      await ann.post('/logout');
      assert.equal(await copy.text('/me'), 'nobody');
      assert.deepEqual(Object.keys(inner.sessions), []);
    } finally {
      await after.close();
    }
  });

  it('a session that ends before it was used does not stay behind in plain', async () => {
    const { inner, store, read } = fresh({ plain: true, until: tomorrow() });
    await ask((done) => store.destroy(sid, done));
    assert.deepEqual(Object.keys(inner.sessions), []);
    assert.equal(await read(), null);
  });

  it('ends by itself: from its date on what is plain is a miss, and is left where it is', async () => {
    let now = Date.parse('2027-01-30T23:59:59.999Z');
    const { inner, read } = fresh({ plain: true, until: '2027-01-31' }, { now: () => now });
    inner.sessions['b'.repeat(32)] = JSON.stringify(plain);
    assert.equal((await read())?.user, 'ann');
    now += 1;
    assert.equal(await read('b'.repeat(32)), null);
    assert.ok('b'.repeat(32) in inner.sessions);
    assert.equal((await read())?.user, 'ann');
  });

  it('takes no sealed value of another session for a plain one, under whatever ID', async () => {
    const { inner, store, read } = fresh({ plain: true, until: tomorrow() });
    await read();
    const [handle = ''] = Object.keys(inner.sessions);
    assert.equal(await read(handle), null);
    await ask((done) => store.destroy(handle, done));
    assert.deepEqual(Object.keys(inner.sessions), [handle]);
  });

  it('a session whose time is over is not looked for in plain', async () => {
    let now = Date.now();
    const { inner, read } = fresh({ plain: true, until: new Date(now + 30 * DAY) }, { absolute: '1h', now: () => now });
    await read();
    inner.sessions[sid] = JSON.stringify(plain);
    now += 3_600_001 + 1000;
    assert.equal(await read(), null);
  });

  it('is not taken for one: no cookie, no object, or a plain value under the handle', async () => {
    const { inner, read } = fresh({ plain: true, until: tomorrow() });
    await read();
    const [handle = ''] = Object.keys(inner.sessions);
    inner.sessions[handle] = JSON.stringify({ ...plain, user: 'mallory' });
    assert.equal(await read(), null);
    for (const value of [{ user: 'mallory' }, { ...plain, cookie: 'x' }, []]) {
      const bare = sealed({ get: (_, done) => done(null, value), set: () => {}, destroy: () => {} }, { keys, migrateFrom: { plain: true, until: tomorrow() } });
      assert.equal(await ask((done) => bare.get(sid, done)), null);
    }
  });

  it('is off where nobody says it, and needs an end', async () => {
    const { inner, read } = fresh(undefined);
    assert.equal(await read(), null);
    assert.ok(sid in inner.sessions);
    const wrong: [unknown, string][] = [
      [{ plain: true }, 'migrateFrom.until'],
      [{ plain: true, until: 'soon' }, 'migrateFrom.until'],
      [{ plain: true, until: 1_900_000_000_000 }, 'migrateFrom.until'],
      [{ plain: true, until: new Date(Number.NaN) }, 'migrateFrom.until'],
      [{ until: tomorrow() }, 'migrateFrom.plain'],
      [true, 'migrateFrom.plain'],
      [null, 'migrateFrom.plain'],
    ];
    for (const [migrateFrom, field] of wrong) {
      const make = () => sealed(new session.MemoryStore(), { keys, migrateFrom: migrateFrom as MigrateFrom });
      assert.throws(make, { code: 'invalid_option', field }, JSON.stringify(migrateFrom));
    }
  });
});
