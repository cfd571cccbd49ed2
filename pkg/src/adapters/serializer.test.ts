import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { RedisStore } from 'connect-redis';
import session, { type SessionData } from 'express-session';

import { generateKeys } from '../keys.ts';
import { sealedSerializer } from './serializer.ts';
import { sealedDriver } from './unstorage.ts';

const keys = generateKeys();
const serializer = sealedSerializer<unknown>({ keys, ttl: '1h' });

describe('a sealed serializer', () => {
  test('reads what it wrote, and shows nothing of it', () => {
    const value = { user: 'Ada Lovelace', cart: [1, null, { a: 'é' }] };
    const text = serializer.stringify(value);
    assert.match(text, /^[\w-]+$/);
    assert.ok(!Buffer.from(text, 'base64url').includes('Lovelace'));
    assert.deepEqual(serializer.parse(text), value);
  });

  const text = serializer.stringify({ a: 1 });
  const misses: [why: string, text: unknown][] = [
    ['plain JSON', '{"a":1}'],
    ['an empty text', ''],
    ['no text', Buffer.from(text)],
    ['nothing', undefined],
    ['a text cut off', text.slice(0, -2)],
    ['a text with a line feed', `${text}\n`],
    ['of another keyring', sealedSerializer({ keys: generateKeys(), ttl: '1h' }).stringify({})],
    ['of another tenant', sealedSerializer({ keys, ttl: '1h', tenant: 'other' }).stringify({})],
  ];
  for (const [why, text] of misses) {
    test(`misses ${why}`, () => assert.equal(serializer.parse(text as string), null));
  }

  test('misses what a store that tells its keys sealed for one of them', async () => {
    const stored = new Map<string, string>();
    const driver = sealedDriver({ hasItem: () => false, getKeys: () => [], getItem: () => null, setItem: (key, value) => void stored.set(key, value) }, { keys });
    await driver.setItem?.('a', '{}', {});
    assert.equal(serializer.parse(stored.get('a') ?? ''), null);
  });

  test('misses a value from its longest life on, however often the store was touched', () => {
    let now = 1_900_000_000_000;
    const timed = sealedSerializer<number>({ keys, ttl: 60, now: () => now });
    const text = timed.stringify(1);
    now += 59_999;
    assert.equal(timed.parse(text), 1);
    now += 1;
    assert.equal(timed.parse(text), null);
  });

  test('throws what it cannot seal, and never writes plain text', () => {
    assert.throws(() => serializer.stringify(1n), { code: 'invalid_data' });
    assert.throws(() => serializer.stringify('x'.repeat(1024 * 1024)), { code: 'payload_too_large' });
    assert.throws(() => serializer.stringify(JSON.parse('{"__proto__": 1}')), { code: 'invalid_data' });
  });

  test('is not made without keys or a life', () => {
    assert.throws(() => sealedSerializer({ keys: undefined, ttl: '1h' }), { code: 'missing_keys' });
    assert.throws(() => sealedSerializer({ keys, ttl: 0 }), { code: 'invalid_field', field: 'ttl' });
    assert.throws(() => sealedSerializer({ keys, ttl: undefined as unknown as number }), { code: 'invalid_field', field: 'ttl' });
  });
});

describe('migrateFrom of a serializer', () => {
  test('reads plain JSON until its date, and counts it; what it writes is sealed', () => {
    let now = Date.parse('2027-01-30T23:59:59.999Z');
    const counts: number[] = [];
    const migrateFrom = { plain: true, until: '2027-01-31', onMigrated: (count: number) => counts.push(count) } as const;
    const migrating = sealedSerializer<unknown>({ keys, ttl: '1h', migrateFrom, now: () => now });
    const plain = JSON.stringify({ cookie: {}, user: 'Ada' });
    const value = migrating.parse(plain);
    assert.deepEqual(value, { cookie: {}, user: 'Ada' });
    const text = migrating.stringify(value);
    assert.match(text, /^[\w-]{100,}$/);
    assert.deepEqual(migrating.parse(text), value);
    assert.deepEqual(counts, [1]);
    const others = ['1', 'null', '"text"', '{', '', sealedSerializer({ keys: generateKeys(), ttl: '1h' }).stringify({})];
    for (const other of others) assert.equal(migrating.parse(other), null);
    now += 1;
    assert.equal(migrating.parse(plain), null);
    assert.deepEqual(migrating.parse(text), value);
  });

  test('needs an end', () => {
    const make = () => sealedSerializer({ keys, ttl: '1h', migrateFrom: { plain: true } as never });
    assert.throws(make, { code: 'invalid_option', field: 'migrateFrom.until' });
  });
});

describe('connect-redis with a sealed serializer', () => {
  test('keeps sealed texts, and misses what was there before', async () => {
    const redis = new Map<string, string>();
    const client = {
      get: async (key: string) => redis.get(key) ?? null,
      set: async (key: string, value: string) => void redis.set(key, value),
    };
    const store = new RedisStore({ client, serializer: sealedSerializer({ keys, ttl: '1h' }) });
    const data = { cookie: new session.Cookie(), user: 'Ada' } as SessionData;
    await store.set('sid', data);
    assert.match(redis.get('sess:sid') ?? '', /^[\w-]{100,}$/);
    assert.deepEqual(await store.get('sid'), JSON.parse(JSON.stringify(data)));
    redis.set('sess:plain', JSON.stringify(data));
    assert.equal(await store.get('plain'), null);
  });
});
