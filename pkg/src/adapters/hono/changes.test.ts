import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { HTTPException } from 'hono/http-exception';
import { streamText } from 'hono/streaming';

import { type C, cookieOf, type Data, read, site, visited } from '../../../../tests/support/hono-site.ts';

describe('a visitor', () => {
  test('of a page that asks for nothing causes no call, no cookie and no header', async () => {
    const { app, calls, get } = site();
    const id = await visited(app);
    calls.length = 0;
    app.get('/static', (c) => c.text('hello', 200, { 'Cache-Control': 'max-age=60' }));
    const answer = await get('/static', id);
    assert.deepEqual(calls, []);
    assert.equal(answer.headers.get('Cache-Control'), 'max-age=60');
    assert.equal(answer.headers.get('Vary'), null);
    assert.deepEqual(answer.headers.getSetCookie(), []);
  });

  test('who is only looked at gets no session, and an answer that no cache keeps', async () => {
    const { app, calls, get } = site();
    app.get('/me', async (c) => c.json((await c.var.session.get()) ?? null, 200, { Vary: 'Origin', 'Cache-Control': 'public' }));
    const answer = await get('/me');
    assert.equal(await answer.text(), 'null');
    assert.deepEqual(calls, []);
    assert.deepEqual(answer.headers.getSetCookie(), []);
    assert.equal(answer.headers.get('Cache-Control'), 'no-store');
    assert.equal(answer.headers.get('Vary'), 'Origin, Cookie');
  });

  test('with data gets a session, in a cookie as safe as they come', async () => {
    const { get } = site();
    const first = await get('/visit');
    assert.equal(await first.text(), '1');
    assert.match(first.headers.getSetCookie().join('\n'), /^__Host-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const second = await get('/visit', cookieOf(first));
    assert.equal(await second.text(), '2');
    assert.deepEqual(second.headers.getSetCookie(), []);
  });

  test('keeps the cookie beyond the browser’s end where that was asked for', async () => {
    const { get } = site({ persistent: true });
    const [line = ''] = (await get('/visit')).headers.getSetCookie();
    const [, maxAge] = /; Max-Age=(\d+);/.exec(line) ?? [];
    assert.ok(Number(maxAge) > 7 * 86_400 - 60 && Number(maxAge) <= 7 * 86_400, line);
  });
});

describe('what a handler changes', () => {
  test('in place is saved, once', async () => {
    const { app, calls, get } = site();
    const id = await visited(app);
    app.get('/add', async (c) => {
      const data = await c.var.session.get();
      (data as Data).cart = ['tea'];
      return c.text('added');
    });
    calls.length = 0;
    await get('/add', id);
    assert.deepEqual(calls.filter((call) => call === 'apply'), ['apply']);
    assert.deepEqual(await read(get, id), { visits: 1, cart: ['tea'] });
  });

  test('to what it was is no change', async () => {
    const { app, calls, get } = site();
    const id = await visited(app);
    app.get('/same', async (c) => {
      c.var.session.set({ visits: (await c.var.session.get())?.visits ?? 0 });
      return c.text('same');
    });
    calls.length = 0;
    await get('/same', id);
    assert.ok(!calls.includes('apply'));
  });

  test('is read once, however many ask at once', async () => {
    const { app, calls, get } = site();
    const id = await visited(app);
    app.get('/many', async (c) => {
      const { session } = c.var;
      const [one, other] = await Promise.all([session.get(), session.get(), session.info(), session.csrf()]);
      return c.text(String(one !== undefined && one === other));
    });
    calls.length = 0;
    await get('/data', id);
    const once = calls.length;
    calls.length = 0;
    assert.equal(await (await get('/many', id)).text(), 'true');
    assert.equal(calls.length, once);
  });

  test('before it set other data is theirs, as it is seen in the same request', async () => {
    const { app, get } = site();
    const id = await visited(app);
    app.get('/set', async (c) => {
      c.var.session.set({ note: 'new' });
      return c.json(await c.var.session.get());
    });
    assert.deepEqual(await (await get('/set', id)).json(), { note: 'new' });
    assert.deepEqual(await read(get, id), { note: 'new' });
  });

  test('and is no JSON fails the request, and nothing is stored', async () => {
    const { app, get } = site();
    const id = await visited(app);
    app.get('/bad', async (c) => {
      Object.assign((await c.var.session.get()) ?? {}, { big: 1n });
      return c.text('saved');
    });
    assert.equal((await get('/bad', id)).status, 500);
    assert.deepEqual(await read(get, id), { visits: 1 });
  });

  test('is dropped with an answer that throws, but for what it saved itself; other errors are answers', async () => {
    const { app, get } = site();
    const id = await visited(app);
    const change = async (c: C, note: string) => c.var.session.set({ ...(await c.var.session.get()), note });
    app.get('/throw', async (c) => {
      await change(c, 'lost');
      throw new HTTPException(403);
    });
    app.get('/save', async (c) => {
      await change(c, 'kept');
      await c.var.session.save();
      await change(c, 'lost');
      throw new Error('broken');
    });
    app.get('/fail', async (c) => {
      await change(c, 'failed');
      return c.text('no', 503);
    });
    assert.equal((await get('/throw', id)).status, 403);
    assert.deepEqual(await read(get, id), { visits: 1 });
    assert.equal((await get('/save', id)).status, 500);
    assert.deepEqual(await read(get, id), { visits: 1, note: 'kept' });
    assert.equal((await get('/fail', id)).status, 503);
    assert.deepEqual(await read(get, id), { visits: 1, note: 'failed' });
  });

  test('is added to a response that came out of fetch, whose headers are read-only', async () => {
    const { app, get } = site();
    app.get('/fetched', async (c) => {
      c.var.session.set({ visits: 7 });
      return fetch('data:text/plain,fetched');
    });
    const answer = await get('/fetched');
    assert.equal(await answer.text(), 'fetched');
    assert.equal(answer.headers.get('Cache-Control'), 'no-store');
    assert.deepEqual(await read(get, cookieOf(answer)), { visits: 7 });
  });

  test('stands beside other cookies', async () => {
    const { app, get } = site();
    app.get('/two', (c) => {
      c.header('Set-Cookie', 'theme=dark');
      c.var.session.set({ visits: 1 });
      return c.text('two');
    });
    const lines = (await get('/two')).headers.getSetCookie();
    assert.equal(lines.length, 2);
    assert.ok(lines.includes('theme=dark'));
  });
});

describe('a stream', () => {
  test('may read and save when the headers are gone, and start nothing', async () => {
    const { app, get } = site();
    const id = await visited(app);
    const codes: unknown[] = [];
    app.get('/stream', (c) =>
      streamText(c, async (stream) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const data = await c.var.session.get();
        c.var.session.set({ ...data, note: 'streamed' });
        await c.var.session.save().catch((error) => codes.push(error.code));
        await c.var.session.regenerate().catch((error) => codes.push(error.code));
        await stream.write('done');
      }),
    );
    assert.equal(await (await get('/stream', id)).text(), 'done');
    assert.deepEqual(codes, ['response_sent']);
    assert.deepEqual(await read(get, id), { visits: 1, note: 'streamed' });
    assert.equal(await (await get('/stream')).text(), 'done');
    assert.deepEqual(codes, ['response_sent', 'response_sent', 'response_sent']);
  });
});
