import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { read, site, visited } from '../../../../tests/support/hono-site.ts';

describe('two requests at once', () => {
  test('that change two properties lose none; in the same one the later stands', async () => {
    const { app, get } = site();
    const id = await visited(app);
    const both = meeting(2);
    app.get('/set/:name/:value', async (c) => {
      const data = ((await c.var.session.get()) ?? {}) as Record<string, unknown>;
      await both();
      data[c.req.param('name')] = c.req.param('value');
      return c.text('set');
    });
    await Promise.all([get('/set/note/a', id), get('/set/other/b', id)]);
    assert.deepEqual(await read(get, id), { visits: 1, note: 'a', other: 'b' });
  });

  test('whose loser saves once more keep what it never saw', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    app.get('/twice', async (c) => {
      const data = (await c.var.session.get()) ?? {};
      await store.patch(id, { cart: ['theirs'] });
      data.note = 'one';
      await c.var.session.save();
      data.note = 'two';
      return c.text('saved');
    });
    assert.equal((await get('/twice', id)).status, 200);
    assert.deepEqual(await read(get, id), { visits: 1, cart: ['theirs'], note: 'two' });
  });

  test('of which one sets null, which no merge patch can say', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    app.get('/null', async (c) => {
      const data = (await c.var.session.get()) ?? {};
      await store.patch(id, { cart: [] });
      data.note = null;
      return c.text('saved');
    });
    await get('/null', id);
    assert.deepEqual(await read(get, id), { visits: 1, cart: [], note: null });
  });

  test('of which one logs out leave the session ended, and the late one clears its cookie', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    app.get('/late', async (c) => {
      const data = (await c.var.session.get()) ?? {};
      await store.end(id);
      data.note = 'late';
      return c.text('saved');
    });
    const answer = await get('/late', id);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.getSetCookie().join(), /^__Host-session=; .*Max-Age=0/);
    assert.equal(await store.read(id), undefined);
  });

  test('of which one logs out and the other only asks for a new ID leave nothing', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    app.get('/renew', async (c) => {
      await c.var.session.get();
      await store.end(id);
      await c.var.session.regenerate();
      return c.json((await c.var.session.get()) ?? null);
    });
    const answer = await get('/renew', id);
    assert.equal(await answer.text(), 'null');
    assert.match(answer.headers.getSetCookie().join(), /^__Host-session=; .*Max-Age=0/);
  });
});

describe('a store that is down', () => {
  test('fails a request that needs it, before it answers, and no other', async () => {
    const { app, get, fail } = site();
    const id = await visited(app);
    const errors: unknown[] = [];
    app.onError((error, c) => {
      errors.push((error as { code?: string }).code);
      return c.text('down', 503);
    });
    app.get('/without', (c) => c.text('up'));
    app.get('/caught', async (c) => c.text(await c.var.session.get().then(String, () => 'guest')));
    fail(true);
    assert.equal((await get('/visit', id)).status, 503);
    assert.equal((await get('/visit')).status, 503);
    assert.deepEqual(errors, ['store_unavailable', 'store_unavailable']);
    assert.equal((await get('/without', id)).status, 200);
    assert.equal(await (await get('/caught', id)).text(), 'guest');
    fail(false);
    assert.equal(await (await get('/visit', id)).text(), '2');
  });

  test('keeps a logout’s cookie, so that it can be tried again', async () => {
    const { app, get, fail } = site();
    const id = await visited(app);
    fail(true);
    const answer = await get('/logout', id);
    assert.equal(answer.status, 500);
    assert.deepEqual(answer.headers.getSetCookie(), []);
  });

  test('is asked again in the same request', async () => {
    const { app, get, fail } = site();
    const id = await visited(app);
    app.get('/again', async (c) => {
      await c.var.session.get().catch(() => fail(false));
      return c.json(await c.var.session.get());
    });
    fail(true);
    assert.deepEqual(await (await get('/again', id)).json(), { visits: 1 });
  });
});

/** Resolves for everybody when so many are there. */
function meeting(size: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  return () => {
    count += 1;
    if (count === size) resolve();
    return promise;
  };
}
