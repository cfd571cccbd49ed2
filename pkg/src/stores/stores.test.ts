// What the contract of tests/package does not reach: time, drivers that ignore it, and stores that turn writes away.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { createStorage } from 'unstorage';
import fsDriver from 'unstorage/drivers/fs';

import { generateKeys } from '../keys.ts';
import { sessions } from '../sessions.ts';
import { type KVNamespaceLike, kvStore } from './kv.ts';
import { memoryStore } from './memory.ts';
import { unstorageStore } from './unstorage.ts';

const keys = generateKeys();
const HOUR = 3_600_000;

describe('unstorageStore', () => {
  it('sweeps what expired, whatever it is, and leaves what others keep there', async () => {
    let now = 1_800_000_000_000;
    const storage = createStorage();
    await storage.setItem('somebody:elses', 'text');
    await storage.setItemRaw('s:short', new Uint8Array([0xf5, 1]));
    const store = unstorageStore(storage, { now: () => now });
    const all = sessions({ keys, store, now: () => now, idle: '1h', absolute: '1h', longest: '2h' });
    const { id } = await all.create({ user: 'ada' });
    await all.end((await all.create({ user: 'ada' })).id);
    await all.user('bob').revokeAll();
    const lasting = await all.create({ absolute: '2h', idle: '2h' });
    assert.equal(await store.sweep(), 0);
    now += HOUR + 1000;
    assert.ok((await store.sweep()) >= 3);
    assert.equal(await all.read(id), undefined);
    assert.ok(await all.read(lasting.id));
    now += 3 * HOUR;
    await store.sweep();
    assert.deepEqual((await storage.getKeys()).toSorted(), ['s:short', 'somebody:elses']);
  });

  it('works over files, which give back a Buffer', async () => {
    const base = mkdtempSync(join(tmpdir(), 'sealed-session-unstorage-'));
    try {
      const all = sessions({ keys, store: unstorageStore(createStorage({ driver: fsDriver({ base }) })) });
      const { id } = await all.create({ data: { a: 1 }, user: 'ada' });
      assert.deepEqual((await all.read(id))?.data, { a: 1 });
      assert.equal((await all.user('ada').list()).sessions.length, 1);
      await all.end(id);
      assert.equal(await all.read(id), undefined);
    } finally {
      rmSync(base, { recursive: true });
    }
  });
});

describe('kvStore', () => {
  const namespace = (put: KVNamespaceLike['put']): KVNamespaceLike => ({
    get: async () => null,
    getWithMetadata: async () => ({ metadata: null }),
    put,
    delete: async () => {},
    list: async () => ({ keys: [], list_complete: true }),
  });

  it('waits out a 429, and gives up on one that stays', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 });
    let refusals = 2;
    let tries = 0;
    const put = async () => {
      tries += 1;
      if (refusals-- > 0) throw new Error('KV PUT failed: 429 Too Many Requests');
    };
    const store = kvStore(namespace(put));
    const change = { type: 'put', key: 's:x', value: new Uint8Array(1), expiresAt: 1 } as const;
    const run = async (notAfter?: number) => {
      let result: unknown;
      const sent = store.apply({ when: [], changes: [change], notAfter }, { signal: undefined });
      void sent.then((applied) => (result = applied), (error: unknown) => (result = error));
      for (let i = 0; i < 20 && result === undefined; i++) {
        await setImmediate();
        context.mock.timers.tick(1000);
      }
      return result;
    };
    assert.equal(await run(), 'applied');
    assert.equal(tries, 3);
    refusals = Number.POSITIVE_INFINITY;
    tries = 0;
    assert.match(String(await run()), / 429 /);
    assert.equal(tries, 4);
    tries = 0;
    assert.equal(await run(Date.now() + 500), 'too_late');
    assert.equal(tries, 1);
  });

  it('asks KV for no expiration that KV refuses', async () => {
    const asked: number[] = [];
    const store = kvStore(namespace(async (_, __, { expiration }) => void asked.push(expiration)), { now: () => 1_000_000 });
    for (const expiresAt of [0, 1050, 1090, 5000]) {
      await store.apply({ when: [], changes: [{ type: 'put', key: 's:x', value: new Uint8Array(1), expiresAt }], notAfter: undefined }, { signal: undefined });
    }
    assert.deepEqual(asked, [1090, 1090, 1090, 5000]);
  });
});

describe('memoryStore', () => {
  it('drops what expired as it grows', async () => {
    let now = 0;
    const store = memoryStore({ now: () => now });
    const put = (n: number) =>
      store.apply({ when: [], changes: [{ type: 'put', key: `s:${n}`, value: new Uint8Array(1), expiresAt: now / 1000 + 10 }], notAfter: undefined }, { signal: undefined });
    for (let n = 0; n < 100_000; n++) {
      now += 100;
      await put(n);
    }
    const { entries } = await store.list({ prefix: 's:', after: undefined, limit: 1e6 }, { signal: undefined });
    assert.equal(entries.length, 100);
  });

  it('keeps a copy of what it is given', async () => {
    const store = memoryStore();
    const value = new Uint8Array([1]);
    await store.apply({ when: [], changes: [{ type: 'put', key: 's:x', value, expiresAt: 4e9 }], notAfter: undefined }, { signal: undefined });
    value[0] = 2;
    assert.deepEqual(await store.get(['s:x'], { signal: undefined }), [new Uint8Array([1])]);
  });
});
