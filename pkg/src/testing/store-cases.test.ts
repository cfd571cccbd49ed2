// The cases over stores that keep their promises, and over three that do not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createStorage } from 'unstorage';

import type { Store } from '../store.ts';
import { memoryStore } from '../stores/memory.ts';
import { unstorageStore } from '../stores/unstorage.ts';
import { StoreContractError, storeCases } from './index.ts';

describe('memoryStore', () => {
  for (const { name, run } of storeCases(memoryStore())) it(name, run);
});

describe('unstorageStore', () => {
  const storage = createStorage();
  const failing = (writes: number) => {
    const send = () => {
      if (writes-- <= 0) throw new Error('the disk is full');
    };
    const setItemRaw: typeof storage.setItemRaw = async (...item) => (send(), storage.setItemRaw(...item));
    return unstorageStore({ ...storage, setItemRaw });
  };
  const options = { other: unstorageStore(storage), failing };
  for (const { name, run } of storeCases(unstorageStore(storage), options)) it(name, run);
});

describe('a store that breaks its promise is found', () => {
  const broken: [what: string, store: Store, cases: string[]][] = [
    ['ignores conditions', ignoresConditions(), ['conditions: nothing is there', 'compare and swap: of many writers at once exactly one wins']],
    ['loses the last write of a batch', losesWrites(), ['apply: changes of one batch in their order', 'batches: many at once never mix']],
    ['lists what was deleted', listsDeleted(), ['list: not what was deleted, and what was put again as it is now']],
    ['mixes users', mixesUsers(), ['list: no entry of another user, and no other kind of key']],
    ['keeps the first expiry', keepsFirstExpiry(), ['expiry: not before its time, and a later put prolongs']],
    ['keeps the caller’s array', keepsArrays(), ['values: a copy, and only the part of a buffer that it was given']],
  ];
  for (const [what, store, expected] of broken) {
    it(`one that ${what}`, async () => {
      const cases = storeCases(store).filter(({ name }) => expected.includes(name));
      assert.equal(cases.length, expected.length);
      for (const { name, run } of cases) await assert.rejects(run(), StoreContractError, name);
    });
  }

  it('and a race shows what its sessions would suffer', async () => {
    const run = (store: Store, name: RegExp) => storeCases(store).find((one) => name.test(one.name))?.run() ?? assert.fail('no such case');
    await assert.rejects(run(ignoresConditions(), /^express-session #361: of many/), StoreContractError);
    await assert.rejects(run(ignoresConditions(), /^express-session #606/), StoreContractError);
    await assert.rejects(run(cachesReads(), /^better-auth-cloudflare #61/), StoreContractError);
  });

  it('one that fails and says nothing', async () => {
    const storage = createStorage();
    const silent = (): Store => unstorageStore({ ...storage, setItemRaw: async () => {} });
    const cases = storeCases(unstorageStore(storage), { failing: silent }).filter(({ name }) => name.startsWith('failures'));
    assert.equal(cases.length, 2);
    for (const { run } of cases) await assert.rejects(run(), StoreContractError);
  });
});

function ignoresConditions(): Store {
  const store = memoryStore();
  return { ...store, apply: (batch, options) => store.apply({ ...batch, when: [] }, options) };
}

function losesWrites(): Store {
  const store = memoryStore();
  return {
    ...store,
    apply({ changes, ...batch }, options) {
      const lost = changes.length > 1 ? changes.slice(0, -1) : changes;
      return store.apply({ ...batch, changes: lost }, options);
    },
  };
}

function listsDeleted(): Store {
  const [store, all] = [memoryStore(), memoryStore()];
  return {
    ...store,
    async apply(batch, options) {
      const result = await store.apply(batch, options);
      const puts = batch.changes.filter(({ type }) => type === 'put');
      if (result === 'applied') await all.apply({ ...batch, when: [], changes: puts }, options);
      return result;
    },
    list: (page, options) => all.list(page, options),
  };
}

function mixesUsers(): Store {
  const store = memoryStore();
  return { ...store, list: (page, options) => store.list({ ...page, prefix: 'u:' }, options) };
}

function cachesReads(): Store {
  const store = memoryStore();
  const cache = new Map<string, Uint8Array | undefined>();
  return {
    ...store,
    async get(keys, options) {
      const found = await store.get(keys, options);
      return keys.map((key, at) => {
        if (!cache.has(key)) cache.set(key, found[at]);
        return cache.get(key);
      });
    },
  };
}

function keepsFirstExpiry(): Store {
  const store = memoryStore();
  const first = new Map<string, number>();
  return {
    ...store,
    apply(batch, options) {
      const changes = batch.changes.map((change) => {
        if (change.type === 'delete') return change;
        const expiresAt = first.get(change.key) ?? change.expiresAt;
        first.set(change.key, expiresAt);
        return { ...change, expiresAt };
      });
      return store.apply({ ...batch, changes }, options);
    },
  };
}

function keepsArrays(): Store {
  const store = memoryStore();
  const given = new Map<string, Uint8Array>();
  return {
    ...store,
    apply(batch, options) {
      for (const change of batch.changes) if (change.type === 'put') given.set(change.key, change.value);
      return store.apply(batch, options);
    },
    async get(keys, options) {
      const found = await store.get(keys, options);
      return found.map((value, at) => (value === undefined ? undefined : given.get(keys[at] ?? '')));
    },
  };
}
