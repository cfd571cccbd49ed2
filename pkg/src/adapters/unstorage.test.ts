import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { createStorage, type Driver } from 'unstorage';
import fsDriver from 'unstorage/drivers/fs';
import memoryDriver from 'unstorage/drivers/memory';

import { generateKeys } from '../keys.ts';
import { sealedDriver } from './unstorage.ts';

const keys = generateKeys();

for (const [name, open] of Object.entries({ memory: async () => ({ driver: memoryDriver(), end: async () => {} }), fs: onDisk })) {
  describe(`a sealing driver over ${name}`, () => {
    test('gives back what was stored, of every kind', async () => {
      const { driver, end } = await open();
      const storage = createStorage({ driver: sealedDriver(driver, { keys }) });
      for (const value of ['text', 'true', 1, 0, true, false, { a: [1, null] }, ['é', '\u{1f600}']]) {
        await storage.setItem('dir:key', value);
        assert.deepEqual(await storage.getItem('dir:key'), await plainly(value));
        assert.equal(await storage.hasItem('dir:key'), true);
      }
      await end();
    });

    test('gives back bytes', async () => {
      const { driver, end } = await open();
      const storage = createStorage({ driver: sealedDriver(driver, { keys }) });
      const bytes = Uint8Array.from([0, 255, 128, 10]);
      await storage.setItemRaw('key', bytes);
      assert.deepEqual(await storage.getItemRaw('key'), bytes);
      assert.equal(await storage.getItem('key'), null);
      await storage.setItemRaw('key', bytes.buffer);
      assert.deepEqual(await storage.getItemRaw('key'), bytes);
      await storage.setItemRaw('key', 'text');
      assert.equal(await storage.getItem('key'), 'text');
      await assert.rejects(storage.setItemRaw('key', { a: 1 }), { code: 'invalid_data' });
      await end();
    });

    test('lists, counts, removes and clears', async () => {
      const { driver, end } = await open();
      const storage = createStorage({ driver: sealedDriver(driver, { keys }) });
      await storage.setItems([
        { key: 'a:1', value: { n: 1 } },
        { key: 'a:2', value: { n: 2 } },
        { key: 'b:1', value: { n: 3 } },
      ]);
      assert.deepEqual((await storage.getKeys('a')).toSorted(), ['a:1', 'a:2']);
      const found = await storage.getItems(['a:1', 'b:1', 'b:2']);
      assert.deepEqual(
        found.map(({ key, value }) => [key, value]),
        [
          ['a:1', { n: 1 }],
          ['b:1', { n: 3 }],
          ['b:2', null],
        ],
      );
      await storage.removeItem('a:1');
      assert.equal(await storage.hasItem('a:1'), false);
      await storage.clear();
      assert.deepEqual(await storage.getKeys(), []);
      await storage.dispose();
      await end();
    });

    test('keeps meta of its own, sealed as well', async () => {
      const { driver, end } = await open();
      const storage = createStorage({ driver: sealedDriver(driver, { keys }) });
      await storage.setItem('key', 1);
      await storage.setMeta('key', { owner: 'Ada' });
      assert.equal((await storage.getMeta('key'))['owner'], 'Ada');
      assert.ok(!JSON.stringify(await driver.getItem('key$')).includes('Ada'));
      await end();
    });
  });
}

describe('what lies in the inner store', () => {
  test('shows nothing of the values', async () => {
    const { driver, directory, end } = await onDisk();
    await createStorage({ driver: sealedDriver(driver, { keys }) }).setItem('user', { name: 'Ada Lovelace' });
    assert.deepEqual(await readdir(directory), ['user']);
    const stored = await readFile(join(directory, 'user'), 'utf8');
    assert.match(stored, /^[\w-]{100,}$/);
    assert.ok(!Buffer.from(stored, 'base64url').includes('Lovelace'));
    await end();
  });

  const inner = memoryDriver();
  const storage = createStorage({ driver: sealedDriver(inner, { keys }) });
  const cases: [why: string, plant: () => Promise<unknown>][] = [
    ['under another key', async () => inner.setItem?.('key', await stored('other'), {})],
    ['of another keyring', async () => createStorage({ driver: sealedDriver(inner, { keys: generateKeys() }) }).setItem('key', 1)],
    ['of another tenant', async () => createStorage({ driver: sealedDriver(inner, { keys, tenant: 'other' }) }).setItem('key', 1)],
    ['of another mount’s key', async () => createStorage().mount('base', sealedDriver(inner, { keys })).setItem('base:x:key', 1)],
    ['cut off', async () => inner.setItem?.('key', (await stored('key')).slice(0, -1), {})],
    ['in plain text', async () => inner.setItem?.('key', '{"a":1}', {})],
    ['empty', async () => inner.setItem?.('key', '', {})],
    ['no text', async () => inner.setItemRaw?.('key', { a: 1 }, {})],
  ];
  for (const [why, plant] of cases) {
    test(`${why} is a miss`, async () => {
      await inner.clear?.('', {});
      await plant();
      assert.equal(await storage.getItem('key'), null);
      assert.equal(await storage.getItemRaw('key'), null);
      assert.equal(await storage.hasItem('key'), false);
      assert.deepEqual(await storage.getItems(['key']), [{ key: 'key', value: null }]);
    });
  }

  async function stored(key: string): Promise<string> {
    await storage.setItem(key, { a: 1 });
    return String(await inner.getItem(key));
  }
});

describe('a value’s life', () => {
  test('is 30 days where nobody says anything, as Astro does, and the inner store is told', async () => {
    const site = timed();
    await site.storage.setItem('session', 'Map of Astro');
    assert.deepEqual(site.ttls, [30 * 86_400]);
    site.pass(30 * 86_400 - 1);
    assert.equal(await site.storage.getItem('session'), 'Map of Astro');
    site.pass(1);
    assert.equal(await site.storage.getItem('session'), null);
    assert.equal(await site.storage.hasItem('session'), false);
  });

  test('is the driver’s where the write names none', async () => {
    const site = timed('10m');
    await site.storage.setItem('a', 1);
    assert.deepEqual(site.ttls, [600]);
    site.pass(600);
    assert.equal(await site.storage.getItem('a'), null);
  });

  test('is the write’s own, shorter or longer, in whole seconds', async () => {
    const site = timed('10m');
    await site.storage.setItem('short', 1, { ttl: 59.5 });
    await site.storage.setItem('long', 1, { ttl: 3600 });
    await site.storage.setItemRaw('raw', 'x', { ttl: 60 });
    await site.storage.setItems([{ key: 'many', value: 1, options: { ttl: 60 } }], { ttl: 3600 });
    assert.deepEqual(site.ttls, [60, 3600, 60, 60]);
    site.pass(61);
    assert.equal(await site.storage.getItem('short'), null);
    assert.equal(await site.storage.getItem('long'), 1);
    assert.equal(await site.storage.getItemRaw('raw'), null);
    assert.equal(await site.storage.getItem('many'), null);
  });

  test('is refused where it is none', async () => {
    const { storage } = timed();
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60' as unknown as number]) {
      await assert.rejects(storage.setItem('a', 1, { ttl }), { code: 'invalid_field', field: 'ttl' });
    }
    assert.throws(() => sealedDriver(memoryDriver(), { keys, ttl: 0 }), { code: 'invalid_field', field: 'ttl' });
  });
});

test('a driver that only reads still does', async () => {
  const inner = memoryDriver();
  await createStorage({ driver: sealedDriver(inner, { keys }) }).setItem('a', 1);
  const { hasItem, getItem, getKeys } = inner;
  const driver = sealedDriver({ hasItem, getItem, getKeys }, { keys });
  assert.equal(driver.setItem, undefined);
  assert.equal(driver.setItemRaw, undefined);
  const storage = createStorage({ driver });
  await storage.setItem('b', 1);
  assert.deepEqual([await storage.getItem('a'), await storage.getItem('b')], [1, null]);
});

test('a driver whose batches name other keys, as the Redis driver’s do, is read by the keys that were asked for', async () => {
  const memory = memoryDriver();
  const inner: Driver = {
    ...memory,
    getItems: async (items) => items.map(({ key }) => ({ key: `prefix:${key}`, value: null })),
    setItems: () => assert.fail('past the seal'),
  };
  const storage = createStorage({ driver: sealedDriver(inner, { keys }) });
  await storage.setItems([{ key: 'a', value: 1 }]);
  assert.deepEqual(await storage.getItems(['a']), [{ key: 'a', value: 1 }]);
});

test('keys are asked for at once', () => {
  assert.throws(() => sealedDriver(memoryDriver(), { keys: undefined }), { code: 'missing_keys' });
});

/** What unstorage itself makes of a value on its way. */
async function plainly(value: unknown): Promise<unknown> {
  const storage = createStorage();
  await storage.setItem('key', value as string);
  return storage.getItem('key');
}

async function onDisk() {
  const directory = await mkdtemp(join(tmpdir(), 'sealed-session-'));
  return { driver: fsDriver({ base: directory }), directory, end: () => rm(directory, { recursive: true }) };
}

/** A storage whose clock is moved, over a driver that notes which life it was told. */
function timed(ttl?: `${number}m`) {
  let now = 1_900_000_000_000;
  const ttls: unknown[] = [];
  const memory = memoryDriver();
  const inner: Driver = {
    ...memory,
    setItem(key, value, options) {
      ttls.push(options['ttl']);
      return memory.setItem?.(key, value, options);
    },
  };
  const storage = createStorage({ driver: sealedDriver(inner, { keys, ttl, now: () => now }) });
  return { storage, ttls, pass: (seconds: number) => void (now += seconds * 1000) };
}
