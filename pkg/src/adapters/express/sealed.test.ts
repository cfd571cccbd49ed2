import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';

import { MemoryStore, type Session, type SessionData } from 'express-session';

import { SealedSessionError } from '../../errors.ts';
import { generateKeys, generateSessionId } from '../../keys.ts';
import { ask } from './callback.ts';
import { sealed, type SealedOptions, type WrappedStore } from './sealed.ts';

const DAY = 86_400_000;
const keys = generateKeys();

/** What express-session's own memory store holds: JSON by ID. */
type Held = MemoryStore & { sessions: Record<string, string> };
type Store = WrappedStore<SessionData>;

function fresh(options: Partial<SealedOptions> = {}): { inner: Held; store: Store } {
  const inner = new MemoryStore() as Held;
  return { inner, store: sealed(inner, { keys, ...options }) };
}

const newSid = () => randomBytes(24).toString('base64url');
const data = (fields: object = {}) => ({ cookie: { originalMaxAge: null, path: '/' }, ...fields }) as unknown as SessionData;
const read = (store: Store, sid: string) => ask<SessionData | null>((done) => store.get(sid, done));
const write = (store: Store, sid: string, session: SessionData) => ask((done) => store.set(sid, session, done));

describe('what the inner store holds', () => {
  it('has neither the ID nor anything of the session, under the handle and in two fields', async () => {
    const { inner, store } = fresh();
    const sid = newSid();
    await write(store, sid, data({ secret: 'a needle', nested: { user: 'ann@example.com' } }));

    const [[handle, value] = ['', '']] = Object.entries(inner.sessions);
    assert.match(handle, /^[\w-]{43}$/);
    assert.deepEqual(Object.keys(JSON.parse(value) as object), ['cookie', 'sealed']);
    for (const needle of [sid, 'a needle', 'secret', 'nested', 'ann@example.com']) {
      for (const form of [needle, Buffer.from(needle).toString('base64'), Buffer.from(needle).toString('base64url')]) {
        assert.ok(!JSON.stringify(inner.sessions).includes(form.replace(/=+$/, '')), needle);
      }
    }
    assert.deepEqual(await read(store, sid), data({ secret: 'a needle', nested: { user: 'ann@example.com' } }));
  });

  it('is never the session itself: what cannot be sealed is an error, and not written', async () => {
    const { inner, store } = fresh();
    const failures: [object, string][] = [
      [{ number: 1n }, 'invalid_data'],
      [{ big: 'x'.repeat(1024 * 1024) }, 'payload_too_large'],
      [JSON.parse('{"field":{"__proto__":1}}') as object, 'invalid_data'],
    ];
    for (const [fields, code] of failures) {
      await assert.rejects(write(store, newSid(), data(fields)), { code });
    }
    assert.deepEqual(Object.keys(inner.sessions), []);
  });
});

describe('a value that does not open is a miss', () => {
  const sid = newSid();
  const cases: Record<string, (value: { cookie: object; sealed: string }) => unknown> = {
    'plain, as before the store was sealed': () => data({ user: 'mallory' }),
    'plain beside a sealed one': (value) => ({ ...value, sealed: undefined, user: 'mallory' }),
    truncated: (value) => ({ ...value, sealed: value.sealed.slice(0, -1) }),
    empty: (value) => ({ ...value, sealed: '' }),
    'of another type': (value) => ({ ...value, sealed: { length: 3 } }),
    'altered in its last byte': (value) => ({ ...value, sealed: flipped(value.sealed, -2) }),
    'altered in its header': (value) => ({ ...value, sealed: flipped(value.sealed, 9) }),
    'not even an object': () => 7,
    null: () => null,
  };
  for (const [name, alter] of Object.entries(cases)) {
    it(name, async () => {
      const { inner, store } = fresh();
      await write(store, sid, data({ user: 'ann' }));
      const [handle = ''] = Object.keys(inner.sessions);
      const altered = alter(JSON.parse(inner.sessions[handle] ?? '') as never);
      const raw = sealed({ ...bare(), get: (_sid, done) => done(null, altered) }, { keys });
      assert.equal(await read(raw as Store, sid), null);
    });
  }

  it('put under another ID', async () => {
    const { inner, store } = fresh();
    const other = newSid();
    await write(store, sid, data({ user: 'ann' }));
    await write(store, other, data({ user: 'mallory' }));
    const [one = '', two = ''] = Object.keys(inner.sessions);
    [inner.sessions[one], inner.sessions[two]] = [inner.sessions[two] ?? '', inner.sessions[one] ?? ''];
    assert.equal(await read(store, sid), null);
    assert.equal(await read(store, other), null);
  });

  it('of another tenant, and of other keys', async () => {
    const { inner, store } = fresh();
    await write(store, sid, data());
    const value = Object.values(inner.sessions)[0] ?? '';
    for (const options of [{ keys, tenant: 'other' }, { keys: `${keys.split(',')[0]},${generateKeys().split(',')[1]}` }]) {
      const raw = sealed({ ...bare(), get: (_sid, done) => done(null, JSON.parse(value)) }, options);
      assert.equal(await read(raw as Store, sid), null);
    }
  });

  it('ENOENT, as file stores say it; any other error is one', async () => {
    const failing = (error: Error) => sealed({ ...bare(), get: (_sid, done) => done(error) }, { keys }) as Store;
    assert.equal(await read(failing(Object.assign(new Error('no file'), { code: 'ENOENT' })), sid), null);
    await assert.rejects(read(failing(new Error('down')), sid), /down/);
  });
});

describe('old keys', () => {
  it('open what they sealed, and the next save is under the new one', async () => {
    const [lookup = '', old = ''] = keys.split(',');
    const [, young = ''] = generateKeys().split(',');
    const { inner, store } = fresh();
    const sid = newSid();
    await write(store, sid, data({ n: 1 }));

    const rotated = sealed(inner, { keys: [lookup, young, old].join(',') });
    assert.deepEqual(await read(rotated, sid), data({ n: 1 }));
    await write(rotated, sid, data({ n: 2 }));

    const retired = sealed(inner, { keys: [lookup, young].join(',') });
    assert.deepEqual(await read(retired, sid), data({ n: 2 }));
  });
});

describe('absolute life', () => {
  // A deadline is rounded up to a second.
  const clock = { now: Math.ceil(Date.now() / 1000) * 1000 };
  const now = () => clock.now;

  it('ends though the session is saved every day', async () => {
    const { inner, store } = fresh({ absolute: '3d', now });
    const sid = newSid();
    await write(store, sid, data({ n: 0 }));
    for (const n of [1, 2]) {
      clock.now += DAY;
      const session = await read(store, sid);
      assert.ok(session);
      await write(store, sid, Object.assign(session, { n }));
    }
    clock.now += DAY;
    assert.equal(await read(store, sid), null);
    assert.equal(Object.keys(inner.sessions).length, 1, 'its TTL is its store’s');
  });

  it('also where objects are saved that were not loaded here', async () => {
    const { store } = fresh({ absolute: '3d', now });
    const sid = newSid();
    for (let day = 0; day < 3; day++) {
      await write(store, sid, data({ day }));
      clock.now += DAY;
    }
    assert.equal(await read(store, sid), null);
  });

  it('is over for a save that was under way', async () => {
    const { inner, store } = fresh({ absolute: '1d', now });
    const sid = newSid();
    await write(store, sid, data());
    const session = await read(store, sid);
    assert.ok(session);
    clock.now += DAY;
    await write(store, sid, session);
    assert.deepEqual(Object.keys(inner.sessions), []);
    // Not loaded here, and found expired: the same.
    await write(store, sid, data());
    clock.now += DAY;
    await write(store, sid, data());
    assert.deepEqual(Object.keys(inner.sessions), []);
  });

  it('starts anew with a new ID', async () => {
    const { store } = fresh({ absolute: '1d', now });
    const [sid, next] = [newSid(), newSid()];
    await write(store, sid, data());
    const session = await read(store, sid);
    assert.ok(session);
    clock.now += DAY / 2;
    await write(store, next, session);
    clock.now += DAY / 2;
    assert.equal(await read(store, sid), null);
    assert.ok(await read(store, next));
  });

  it('must be some', () => {
    for (const absolute of [0, -1, 1.5, 'soon' as '1d']) {
      assert.throws(() => fresh({ absolute }), { code: 'invalid_field', field: 'absolute' });
    }
  });
});

describe('cookies', () => {
  it('count as they were sealed, but for `expires`, which a touch moves', async () => {
    const { inner, store } = fresh();
    const sid = newSid();
    const [at, later] = [Date.now() + 1000, Date.now() + 60_000].map((time) => new Date(time).toISOString());
    const cookie = { originalMaxAge: 1000, expires: at, httpOnly: true, secure: true, path: '/' };
    await write(store, sid, { cookie } as unknown as SessionData);
    const [handle = ''] = Object.keys(inner.sessions);
    const held = JSON.parse(inner.sessions[handle] ?? '') as { cookie: object };
    const forged = { ...held.cookie, expires: later, httpOnly: false, secure: false, domain: 'evil.example', path: '/x' };
    inner.sessions[handle] = JSON.stringify({ ...held, cookie: forged });
    assert.deepEqual(await read(store, sid), { cookie: { ...cookie, expires: later } });
  });

  it('that go with the browser are not made to stay', async () => {
    const { inner, store } = fresh();
    const sid = newSid();
    await write(store, sid, { cookie: { originalMaxAge: null, expires: null } });
    const [handle = ''] = Object.keys(inner.sessions);
    const held = JSON.parse(inner.sessions[handle] ?? '') as { cookie: object };
    inner.sessions[handle] = JSON.stringify({ ...held, cookie: { ...held.cookie, expires: new Date(Date.now() + DAY) } });
    assert.equal((await read(store, sid))?.cookie.expires, null);
  });
});

describe('IDs', () => {
  it('without the form of one are a miss, nothing to destroy or to touch, and an error when saved', async () => {
    const { inner, store } = fresh();
    for (const sid of ['', 'short', 'ü'.repeat(32), 'x'.repeat(129), `${'x'.repeat(31)}\n`]) {
      assert.equal(await read(store, sid), null);
      await ask((done) => store.destroy(sid, done));
      await ask((done) => store.touch?.(sid, data(), done));
      await assert.rejects(write(store, sid, data()), { code: 'invalid_session_id' });
    }
    assert.deepEqual(Object.keys(inner.sessions), []);
  });

  it('that are foreign need a lookup key; those of our own do not', async () => {
    const [, root = ''] = keys.split(',');
    const { store } = fresh({ keys: root });
    await assert.rejects(write(store, newSid(), data()), { code: 'no_lookup_key' });
    assert.equal(await read(store, newSid()), null);
    const sid = generateSessionId();
    await write(store, sid, data({ n: 1 }));
    assert.deepEqual(await read(store, sid), data({ n: 1 }));
  });

  it('never get into an error', async () => {
    const { store } = fresh();
    const sid = 'a-needle-that-is-much-too-long-'.repeat(5);
    const error = await write(store, sid, data()).then(
      () => assert.fail(),
      (error: unknown) => error as SealedSessionError,
    );
    assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes('a-needle'));
  });
});

describe('what the inner store can', () => {
  it('touch gets the stored value with the new cookie, whatever the store keeps beside it', async () => {
    const touched: unknown[][] = [];
    const values = new Map<string, Record<string, unknown>>();
    const inner = {
      ...bare(),
      get: (sid: string, done: Done) => done(null, values.get(sid)),
      set: (sid: string, session: object, done: Done) => done(values.set(sid, { ...session, lastModified: 1 }) && null),
      touch: (sid: string, session: object, done: Done) => done(touched.push([sid, session]) && null),
    };
    const store = sealed(inner, { keys }) as Store;
    const sid = newSid();
    await write(store, sid, data({ n: 1 }));
    const session = await read(store, sid);
    assert.ok(session);
    const cookie = { originalMaxAge: 5, path: '/' };
    await ask((done) => store.touch?.(sid, Object.assign(session, { cookie }), done));
    const [handle, value] = [...values][0] ?? [];
    assert.deepEqual(touched, [[handle, { ...value, cookie }]]);
    // One that was not loaded here is looked up first, and one that is not there is not touched.
    await ask((done) => store.touch?.(sid, { cookie }, done));
    await ask((done) => store.touch?.(newSid(), { cookie }, done));
    assert.deepEqual(touched[1], touched[0]);
    assert.equal(touched.length, 2);
  });

  it('is passed through, and what it cannot is not there; `all` and `ids` never are', async () => {
    const poor = sealed(bare(), { keys });
    for (const name of ['touch', 'length', 'clear', 'all', 'ids']) assert.equal(name in poor, false, name);

    const { store } = fresh();
    assert.equal('all' in store || 'ids' in store, false);
    await write(store, newSid(), data());
    await write(store, newSid(), data());
    assert.equal(await ask<number>((done) => store.length?.(done)), 2);
    await ask((done) => store.clear?.(done));
    assert.equal(await ask<number>((done) => store.length?.(done)), 0);
  });

  it('is told by its events', () => {
    const inner = Object.assign(new EventEmitter(), bare());
    const store = sealed(inner, { keys });
    const seen: unknown[] = [];
    for (const event of ['connect', 'disconnect']) store.on(event, (...values: unknown[]) => seen.push([event, ...values]));
    inner.emit('disconnect', 'why');
    inner.emit('connect');
    assert.deepEqual(seen, [['disconnect', 'why'], ['connect']]);
  });

  it('is not asked again for a session that was loaded for its request', async () => {
    const { inner, store } = fresh();
    const sid = newSid();
    await write(store, sid, data({ n: 1 }));
    const found = await read(store, sid);
    assert.ok(found);
    const session = store.createSession({ sessionID: sid, sessionStore: store }, found) as Session;
    inner.get = () => assert.fail('a session that was loaded is known');
    assert.equal(await new Promise((resolve) => session.save(resolve)), null);
  });

  it('loads a session outside of a request, with its methods', async () => {
    const { store } = fresh();
    const sid = newSid();
    await write(store, sid, data({ n: 1 }));
    const load = (id: string) => ask<Session | undefined>((done) => store.load(id, done));
    const session = await load(sid);
    assert.equal(session?.id, sid);
    await new Promise((resolve) => Object.assign(session, { n: 2 }).save(resolve));
    assert.equal((await read(store, sid))?.['n'], 2);
    assert.equal(await load(newSid()), undefined);
  });

  it('may fail: each method then calls back once, with its error', async () => {
    const broken = {
      ...bare(),
      get: () => {
        throw new Error('thrown');
      },
      set: (_sid: string, _session: unknown, done: Done) => done(new Error('told')),
      destroy: async () => Promise.reject(new Error('rejected')),
    };
    const store = sealed(broken, { keys }) as Store;
    await assert.rejects(read(store, newSid()), /thrown/);
    await assert.rejects(write(store, newSid(), data()), /thrown/);
    await assert.rejects(ask((done) => store.destroy(newSid(), done)), /rejected/);
    await assert.rejects(write(sealed({ ...broken, get: bare().get }, { keys }) as Store, newSid(), data()), /told/);
  });
});

it('keys are looked at before the first request', () => {
  assert.throws(() => sealed(bare(), { keys: undefined }), { code: 'missing_keys' });
  assert.throws(() => sealed(bare(), { keys: 'slk1_x' }), { code: 'malformed_key' });
});

type Done = (error: unknown, value?: unknown) => void;

/** The three callbacks, and nothing in it. */
function bare() {
  return {
    get: (_sid: string, done: Done) => done(null),
    set: (_sid: string, _session: unknown, done: Done) => done(null),
    destroy: (_sid: string, done: Done) => done(null),
  };
}

/** Base64url text with one bit flipped in a character. */
function flipped(text: string, at: number): string {
  const bytes = Buffer.from(text, 'base64url');
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString('base64url');
}
