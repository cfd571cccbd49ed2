import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { cookieOf, type Data, pages, read, site, visited } from '../../../../tests/support/hono-site.ts';
import { generateSessionId } from '../../keys.ts';

describe('a login', () => {
  test('gives the session a new ID, its user and other data; the old ID is dead', async () => {
    const { app, get, store } = site();
    const before = await visited(app);
    const answer = await get('/login', before);
    const after = cookieOf(answer);
    assert.notEqual(after, before);
    assert.equal(await store.read(before), undefined);
    const session = await store.read(after);
    assert.equal(session?.user, 'ada');
    assert.deepEqual(session?.data, { cart: [] });
    assert.deepEqual(await (await get('/info', after)).json(), { user: 'ada' });
  });

  test('keeps what the session held, with what this request changed, where it names no data', async () => {
    const { app, get } = site();
    const id = await visited(app);
    app.get('/keep', async (c) => {
      const data = await c.var.session.get();
      (data as Data).note = 'mine';
      await c.var.session.regenerate({ user: 'ada' });
      return c.json((await c.var.session.info())?.user);
    });
    const answer = await get('/keep', id);
    assert.equal(await answer.json(), 'ada');
    assert.deepEqual(await read(get, cookieOf(answer)), { visits: 1, note: 'mine' });
  });

  test('without a session starts one', async () => {
    const { get, store } = site({ label: (c) => c.req.header('User-Agent') });
    const answer = await get('/login', undefined, { 'User-Agent': 'Firefox' });
    const session = await store.read(cookieOf(answer));
    assert.equal(session?.user, 'ada');
    assert.equal(session?.label, 'Firefox');
  });

  test('never takes an ID that the browser came with', async () => {
    const { get, store } = site();
    const planted = generateSessionId();
    const answer = await get('/login', planted);
    assert.notEqual(cookieOf(answer), planted);
    assert.equal(await store.read(planted), undefined);
  });

  test('in a session that ended a moment ago starts another one, without its data', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    app.get('/slow', async (c) => {
      await c.var.session.get();
      await store.end(id);
      await c.var.session.regenerate({ user: 'ada' });
      return c.text('in');
    });
    const answer = await get('/slow', id);
    const session = await store.read(cookieOf(answer));
    assert.equal(session?.user, 'ada');
    assert.deepEqual(session?.data, {});
  });

  test('sends its cookie also where the handler threw behind it', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    app.get('/half', async (c) => {
      await c.var.session.regenerate({ user: 'ada' });
      throw new Error('broken');
    });
    const answer = await get('/half', id);
    assert.equal(answer.status, 500);
    assert.equal((await store.read(cookieOf(answer)))?.user, 'ada');
  });
});

describe('a logout', () => {
  test('ends the session and clears the cookie', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    const answer = await get('/logout', id);
    assert.deepEqual(await answer.json(), { revocationBound: 0 });
    assert.deepEqual(answer.headers.getSetCookie(), ['__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax']);
    assert.equal(answer.headers.get('Cache-Control'), 'no-store');
    assert.equal(await store.read(id), undefined);
  });

  test('without a session is one, too', async () => {
    const { get } = site();
    assert.equal((await get('/logout')).status, 200);
  });

  test('stands against a read that began before it, and is done after it', async () => {
    const { app, store } = site();
    const id = await visited(app);
    const { promise: isOver, resolve: over } = Promise.withResolvers<void>();
    const slow: typeof store = Object.create(store, {
      read: { value: (...args: Parameters<typeof store.read>) => store.read(...args).then((found) => isOver.then(() => found)) },
      end: { value: (...args: Parameters<typeof store.end>) => store.end(...args) },
    });
    const late = pages(slow);
    late.get('/late', async (c) => {
      const reading = c.var.session.get();
      await new Promise((resolve) => setTimeout(resolve, 10));
      await c.var.session.end();
      over();
      await reading;
      return c.json([(await c.var.session.get()) ?? null, (await c.var.session.info()) ?? null]);
    });
    const answer = await late.request('/late', { headers: { Cookie: `__Host-session=${id}` } });
    assert.deepEqual(await answer.json(), [null, null]);
  });

  test('leaves nothing to see, and data set behind it start another session', async () => {
    const { app, get, store } = site();
    const id = await visited(app);
    app.get('/over', async (c) => {
      const before = await c.var.session.get();
      await c.var.session.end();
      const after = await c.var.session.get();
      c.var.session.set({ note: JSON.stringify([before?.visits, after]) });
      return c.text('over');
    });
    const next = cookieOf(await get('/over', id));
    assert.notEqual(next, id);
    assert.deepEqual((await store.read(next))?.data, { note: '[1,null]' });
    assert.equal(await store.read(id), undefined);
  });
});

describe('a cookie that is no session’s', () => {
  const id = generateSessionId();
  const cases: [why: string, header: string][] = [
    ['unknown', `__Host-session=${id}`],
    ['cut off', `__Host-session=${id.slice(1)}`],
    ['not canonical', `__Host-session=${id.slice(0, 42)}B`],
    ['a foreign ID', '__Host-session=3f2c8a9e-2b1d-4c57-9f0e-8a7b6c5d4e3f'],
    ['twice there', `__Host-session=${id}; __Host-session=${id}`],
    ['empty', '__Host-session='],
    ['of characters that no ID has', '__Host-session=%00é\u00a0'],
  ];
  for (const [why, header] of cases) {
    test(`${why}: is none`, async () => {
      const { app } = site();
      const answer = await app.request('/visit', { headers: { Cookie: header } });
      assert.equal(await answer.text(), '1');
      assert.ok(!header.includes(cookieOf(answer)));
    });
  }

  test('twice there, of a session that lives: is none', async () => {
    const { app } = site();
    const live = await visited(app);
    const answer = await app.request('/visit', { headers: { Cookie: `__Host-session=${live}; __Host-session=${id}` } });
    assert.equal(await answer.text(), '1');
  });

  test('of a session under a foreign ID, which anybody might have chosen: is none, and asks nobody', async () => {
    const { get, store, calls } = site();
    const foreign = '3f2c8a9e-2b1d-4c57-9f0e-8a7b6c5d4e3f';
    await store.create({ id: foreign, data: { visits: 7 } });
    calls.length = 0;
    assert.equal(await read(get, foreign), null);
    assert.deepEqual(calls, []);
  });

  test('but may be one that this place does not know yet: only data replace it', async () => {
    const { get } = site();
    assert.deepEqual((await get('/info', id)).headers.getSetCookie(), []);
  });
});

describe('a CSRF token', () => {
  test('is the session’s, stays with its ID, and is nothing where there is no session', async () => {
    const { app, get, store } = site();
    app.get('/csrf', async (c) => c.json((await c.var.session.csrf()) ?? null));
    const id = await visited(app);
    assert.equal(await (await get('/csrf', id)).json(), store.csrfToken(id));
    assert.equal(await (await get('/csrf')).json(), null);
  });

  test('of data that were just set is that of the session they start', async () => {
    const { app, get, store } = site();
    app.get('/form', async (c) => {
      c.var.session.set({});
      return c.json(await c.var.session.csrf());
    });
    const answer = await get('/form');
    assert.equal(await answer.json(), store.csrfToken(cookieOf(answer)));
  });
});
