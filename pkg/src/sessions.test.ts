// What the contract of tests/package does not reach: how calls meet the store, the clock and each other.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { type ErrorCode, SealedSessionError } from './errors.ts';
import { generateKeys } from './keys.ts';
import { LocalSessions, sessions } from './sessions.ts';
import type { Store } from './store.ts';
import { memoryStore } from './stores/memory.ts';

const keys = generateKeys();
const MINUTE = 60_000;

describe('sessions', () => {
  it("calls the store in the caller's own async context, and lets callers overtake each other", async () => {
    const context = new AsyncLocalStorage<string>();
    const memory = memoryStore();
    const waiting: (() => void)[] = [];
    const seen: string[] = [];
    const store: Store = {
      ...memory,
      async get(keys, call) {
        const caller = context.getStore();
        const answer = memory.get(keys, call);
        // Three callers wait, and are answered all at once, the last one first.
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 3) for (const resolve of waiting.splice(0).toReversed()) resolve();
        });
        assert.equal(context.getStore(), caller);
        seen.push(caller ?? 'nobody');
        return answer;
      },
    };
    const all = sessions<{ owner: string }>({ keys, store });
    const ids = await Promise.all(
      ['a', 'b', 'c'].map(async (owner) => ({ owner, id: (await all.create({ data: { owner } })).id })),
    );
    await Promise.all(
      ids.map(({ owner, id }) =>
        context.run(owner, async () => {
          assert.equal((await all.read(id))?.data.owner, owner);
          assert.equal(context.getStore(), owner);
        }),
      ),
    );
    assert.deepEqual(seen.toSorted(), ['a', 'b', 'c']);
  });

  it('frees a call that was given up, whatever the store does', async () => {
    const memory = memoryStore();
    let given: AbortSignal | undefined;
    const store: Store = { ...memory, get: (_, { signal }) => ((given = signal), new Promise(() => {})) };
    const all = new LocalSessions({ keys, store });
    const { id } = await new LocalSessions({ keys, store: memory }).create();
    const controller = new AbortController();
    const read = all.read(id, { signal: controller.signal });
    await setImmediate();
    assert.equal(all.pending, 1);
    controller.abort(new Error('enough'));
    await assert.rejects(read, { message: 'enough' });
    assert.equal(given?.aborted, true);
    assert.equal(all.pending, 0);
  });

  it('tells what a failing store threw, and nothing else', async () => {
    const cause = new Error('connection lost');
    const fail = () => Promise.reject(cause);
    const all = new LocalSessions({ keys, store: { ...memoryStore(), get: fail, apply: fail, list: fail } });
    const { id } = await sessions({ keys, store: memoryStore() }).create();
    for (const call of [() => all.read(id), () => all.create(), () => all.end(id), () => all.user('ada').list(), () => all.patch(id, {})]) {
      const error = await refused('store_unavailable', call());
      assert.equal(error.cause, cause);
      assert.ok(!String(error.stack).includes(id));
    }
    assert.equal(all.pending, 0);
  });

  it('takes what a store wrongly answers for a failure', async () => {
    const memory = memoryStore();
    const { id } = await sessions({ keys, store: memory }).create();
    const wrong = [[], [undefined], 'text', undefined, [[1, 2, 3], 4, {}]] as unknown as Awaited<ReturnType<Store['get']>>[];
    for (const answer of wrong) {
      const all = sessions({ keys, store: { ...memory, get: async () => answer } });
      await refused('store_unavailable', all.read(id));
    }
  });

  it('ends sessions that nobody used, slides those that somebody did, and ends those too', async () => {
    let now = 1_800_000_000_000;
    const all = sessions({ keys, store: memoryStore({ now: () => now }), now: () => now, idle: '30m', absolute: '2h' });
    const [idle, used] = [await all.create(), await all.create()];
    for (let elapsed = 0; elapsed < 115; elapsed += 5) {
      now += 5 * MINUTE;
      assert.equal((await all.read(used.id)) !== undefined, true, `after ${elapsed + 5} min`);
      await setImmediate();
    }
    assert.equal(await all.read(idle.id), undefined);
    now += 5 * MINUTE;
    assert.equal(await all.read(used.id), undefined);
  });

  it('hands over what nobody waits for, and forgives its failure', async () => {
    let now = 1_800_000_000_000;
    const memory = memoryStore({ now: () => now });
    let fails = false;
    const store: Store = { ...memory, apply: (...args) => (fails ? Promise.reject(new Error('down')) : memory.apply(...args)) };
    const all = sessions({ keys, store, now: () => now });
    const { id } = await all.create();
    const handed: Promise<unknown>[] = [];
    const waitUntil = (work: Promise<unknown>) => void handed.push(work);
    await all.read(id, { waitUntil });
    assert.equal(handed.length, 0, 'nothing is due');
    now += 2 * 60 * MINUTE;
    fails = true;
    assert.ok(await all.read(id, { waitUntil }));
    assert.equal(handed.length, 1);
    await Promise.all(handed);
  });

  it('refuses settings that sessions cannot live by', async () => {
    const store = memoryStore();
    const cases: [object, string][] = [
      [{ idle: '8d' }, 'idle'],
      [{ absolute: '500d' }, 'absolute'],
      [{ longest: '20000d' }, 'longest'],
      [{ maxData: 2 ** 21 }, 'maxData'],
      [{ maxSessionsPerUser: 101 }, 'maxSessionsPerUser'],
      [{ tenant: 'a/b' }, 'tenant'],
      [{ store: { ...store, promises: { atomic: false } } }, 'visibility'],
      [{ store: { ...store, promises: { atomic: false, visibility: 29 } } }, 'visibility'],
      [{ store: { ...store, promises: { atomic: false, visibility: 60 } }, idle: 599 }, 'idle'],
    ];
    for (const [options, field] of cases) {
      const error = await refused('invalid_option', Promise.resolve().then(() => sessions({ keys, store, ...options })));
      assert.equal(error.field, field);
    }
    await refused('missing_keys', Promise.resolve().then(() => sessions({ keys: undefined, store })));
  });

  it('ends the oldest session of a user who has too many', async () => {
    let now = 1_800_000_000_000;
    const all = sessions({ keys, store: memoryStore({ now: () => now }), now: () => now, maxSessionsPerUser: 2 });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.push((await all.create({ user: 'ada' })).id);
      now += 1000;
    }
    const alive = await Promise.all(ids.map(async (id) => (await all.read(id)) !== undefined));
    assert.deepEqual(alive, [false, true, true]);
  });

  it('needs a lookup key for users and IDs of others, and for nothing else', async () => {
    const all = sessions({ keys: keys.split(',')[1], store: memoryStore() });
    const { id } = await all.create();
    assert.ok(await all.read(id));
    await refused('no_lookup_key', all.create({ user: 'ada' }));
    await refused('no_lookup_key', all.create({ id: 'f'.repeat(36) }));
  });
});

async function refused(code: ErrorCode, work: Promise<unknown>): Promise<SealedSessionError> {
  const error: unknown = await work.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof SealedSessionError, String(error));
  assert.equal(error.code, code);
  return error;
}
