import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { type Context, Hono } from 'hono';

import { cookieOf, type Data, pages } from '../../../../tests/support/hono-site.ts';
import { generateKeys } from '../../keys.ts';
import { sessions } from '../../sessions.ts';
import type { Store } from '../../store.ts';
import { memoryStore } from '../../stores/memory.ts';
import { sealedSession } from './index.ts';

describe('sessions by a function', () => {
  test('are made once per env, at the first use', async () => {
    let made = 0;
    const own = sessions<Data>({ keys: generateKeys(), store: memoryStore() });
    const app = new Hono<{ Bindings: { NAME: string } }>()
      .use(
        sealedSession((c: Context<{ Bindings: { NAME: string } }>) => {
          made += 1;
          assert.equal(c.env.NAME, 'worker');
          return own;
        }),
      )
      .get('/static', (c) => c.text('hello'))
      .get('/me', async (c) => c.json((await c.var.session.get()) ?? null))
      .get('/visit', async (c) => {
        c.var.session.set({ visits: 1 });
        return c.text('set');
      });
    const env = { NAME: 'worker' };
    await app.request('/static', {}, env);
    assert.equal(made, 0);
    const id = cookieOf(await app.request('/visit', {}, env));
    await app.request('/me', { headers: { Cookie: `__Host-session=${id}` } }, env);
    assert.equal(made, 1);
    await app.request('/me', { headers: { Cookie: `__Host-session=${id}` } }, { ...env });
    assert.equal(made, 2);
  });
});

describe('what nobody waits for', () => {
  test('is a touch, and waitUntil is told of it; every other write is done when the answer is there', async () => {
    let now = Date.now();
    let isSlow = false;
    const inner = memoryStore({ now: () => now });
    const applied: string[] = [];
    const store: Store = {
      ...inner,
      async apply(batch, options) {
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, 30));
        const result = await inner.apply(batch, options);
        applied.push('apply');
        return result;
      },
    };
    const app = pages(sessions<Data>({ keys: generateKeys(), store, idle: '1h', now: () => now }));
    const waited: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => void waited.push(work), passThroughOnException() {}, props: {} };
    isSlow = true;
    const id = cookieOf(await app.request('/visit', {}, {}, context));
    assert.deepEqual([applied.length, waited.length], [1, 0]);
    now += 30 * 60_000;
    assert.equal((await app.request('/info', { headers: { Cookie: `__Host-session=${id}` } }, {}, context)).status, 200);
    assert.deepEqual([applied.length, waited.length], [1, 1]);
    await Promise.all(waited);
    assert.equal(applied.length, 2);
  });
});
