/** What a store that is down, slow or broken does to requests. */

import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';

import { Browser } from '../../../../tests/support/browser.ts';
import { expressApp } from '../../../../tests/support/express-app.ts';
import { serve } from '../../../../tests/support/serve.ts';
import { SealedSessionError } from '../../errors.ts';
import { generateKeys } from '../../keys.ts';
import { sessions } from '../../sessions.ts';
import type { Store } from '../../store.ts';
import { memoryStore } from '../../stores/memory.ts';
import { SealedStore } from './sealed-store.ts';

type State = 'up' | 'down' | 'silent';

/** A store that fails or says nothing, as one says. */
const state: { get: State; apply: State } = { get: 'up', apply: 'up' };
const memory = memoryStore();
const cause = new Error('connection refused');
const flaky: Store = {
  ...memory,
  get: async (...call) => answer(state.get, () => memory.get(...call)),
  apply: async (...call) => answer(state.apply, () => memory.apply(...call)),
};

async function answer<R>(state: State, work: () => Promise<R>): Promise<R> {
  if (state === 'down') throw cause;
  return state === 'silent' ? new Promise(() => {}) : work();
}

const store = new SealedStore(sessions({ keys: generateKeys(), store: flaky }), { timeout: 1 });
const errors: unknown[] = [];
const disconnects: unknown[] = [];
store.on('disconnect', () => disconnects.push(1));

const app = expressApp(store);
app.use((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
  errors.push(error);
  next(error);
});
const served = await serve(app);
after(served.close);

describe('while the store', () => {
  const browser = new Browser(served.url);
  beforeEach(async () => {
    Object.assign(state, { get: 'up', apply: 'up' });
    await browser.text('/');
    errors.splice(0);
  });
  after(() => assert.deepEqual(disconnects, [], 'it never says that it is gone: requests would go on without a session'));

  for (const [kind, isCause] of [
    ['down', (error: SealedSessionError) => error.cause === cause],
    ['silent', (error: SealedSessionError) => (error.cause as Error).name === 'TimeoutError'],
  ] as const) {
    it(`is ${kind}, a request that loads a session is answered 503, in time`, async () => {
      state.get = kind;
      const began = performance.now();
      const response = await browser.fetch('/me');
      assert.equal(response.status, 503);
      assert.ok(performance.now() - began < 3000);
      const [error, ...others] = errors;
      assert.ok(error instanceof SealedSessionError && isCause(error));
      assert.equal(error.code, 'store_unavailable');
      assert.deepEqual(others, []);
    });

    it(`is ${kind}, a logout is answered 503`, async () => {
      state.apply = kind;
      assert.equal((await browser.post('/logout')).status, 503);
    });

    it(`is ${kind} while it saves, the error is told once, though the page is sent (express-session #538)`, async () => {
      state.apply = kind;
      const response = await browser.fetch('/');
      assert.equal(response.status, 200);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const [error, ...others] = errors;
      assert.ok(error instanceof SealedSessionError);
      assert.deepEqual([error.code, (error as { status?: number }).status, others], ['store_unavailable', 503, []]);
    });
  }

  it('is back, so are the sessions', async () => {
    state.get = 'down';
    assert.equal((await browser.fetch('/me')).status, 503);
    state.get = 'up';
    assert.ok(Number(await browser.text('/')) > 1);
  });

  it('fails, callbacks are called once', async () => {
    Object.assign(state, { get: 'down', apply: 'down' });
    const calls: string[] = [];
    const note = (name: string) => (error: unknown) => calls.push(`${name} ${(error as { status?: number }).status}`);
    const sid = 'x'.repeat(32);
    store.get(sid, note('get'));
    store.set(sid, { cookie: { originalMaxAge: null } }, note('set'));
    store.destroy(sid, note('destroy'));
    store.destroy(sid);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(calls.toSorted(), ['destroy 503', 'get 503', 'set 503']);
  });
});
