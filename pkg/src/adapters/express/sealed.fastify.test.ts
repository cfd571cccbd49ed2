import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';

import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { RedisStore } from 'connect-redis';
import fastify from 'fastify';
import { createClient } from 'redis';

import { Browser } from '../../../../tests/support/browser.ts';
import { Redis, redisIsMissing } from '../../../../tests/support/redis.ts';
import { generateKeys } from '../../keys.ts';
import { sealed } from '../fastify.ts';
import type { InnerStore } from './inner-store.ts';

declare module 'fastify' {
  interface Session {
    views?: number;
    user?: string;
  }
}

const skip = redisIsMissing();
const keys = generateKeys();
const secret = 'the cookie secret of these tests, long enough';

async function start(store: InnerStore, { now = Date.now }: { now?: () => number } = {}) {
  const app = fastify();
  await app.register(fastifyCookie);
  await app.register(fastifySession, {
    secret,
    store: sealed(store, { keys, absolute: '1d', now }),
    saveUninitialized: false,
    cookie: { secure: false, maxAge: 7_200_000 },
  });
  app.get('/', async ({ session }) => String((session.views = (session.views ?? 0) + 1)));
  app.get('/me', async ({ session }) => session.user ?? 'nobody');
  app.post('/login', async ({ session }) => {
    await session.regenerate(['views']);
  });
  app.post('/user', async ({ session }) => {
    session.user = 'ann-the-needle';
    return 'ok';
  });
  app.post('/logout', async ({ session }) => {
    await session.destroy();
    return 'bye';
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  return { url: await app.listen({ port: 0 }), close: async () => app.close() };
}

type MapStore = InnerStore & { store: Map<string, unknown> };
const Memory = fastifySession.MemoryStore as unknown as new () => MapStore;

describe('sealed() around @fastify/session’s own store', async () => {
  const inner = new Memory();
  const clock = { now: Math.ceil(Date.now() / 1000) * 1000 };
  const app = await start(inner, { now: () => clock.now });
  after(app.close);

  it('a session lives from request to request, and nothing of it can be read', async () => {
    const ann = new Browser(app.url);
    for (const views of ['1', '2', '3']) assert.equal(await ann.text('/'), views);
    assert.equal(await (await ann.post('/user')).text(), 'ok');
    assert.equal(await ann.text('/me'), 'ann-the-needle');
    const sid = decodeURIComponent(ann.cookies.get('sessionId') ?? '').split('.')[0] ?? '';
    assert.equal(sid.length, 32);
    const text = JSON.stringify([...inner.store]);
    for (const needle of [sid, 'ann-the-needle', 'views']) assert.ok(!text.includes(needle), needle);

    const before = ann.copy();
    assert.equal((await ann.post('/login')).status, 200);
    assert.equal(await ann.text('/'), '4');
    assert.equal(await before.text('/'), '1');
    await ann.post('/logout');
    assert.equal(await ann.text('/'), '1');
  });

  it('absolute life counts through the saves of every request', async () => {
    const ann = new Browser(app.url);
    for (let hour = 0; hour < 24; hour++) {
      assert.equal(await ann.text('/'), String(hour + 1));
      clock.now += 3_600_000;
    }
    assert.equal(await ann.text('/'), '1');
  });
});

describe('sealed() around connect-redis, for @fastify/session', { skip }, async () => {
  if (skip) return;
  const redis = await Redis.start();
  const client = await createClient({ url: redis.url }).connect();
  const app = await start(new RedisStore({ client }));
  after(async () => {
    await app.close();
    client.destroy();
    await redis.stop();
  });

  it('a session lives from request to request, and a swapped value opens nothing', async () => {
    const [ann, mallory] = [new Browser(app.url), new Browser(app.url)];
    await ann.post('/user');
    const [anns = ''] = await client.keys('*');
    assert.equal(await ann.text('/me'), 'ann-the-needle');
    assert.equal(await mallory.text('/'), '1');
    const mallorys = (await client.keys('*')).find((name) => name !== anns) ?? '';
    await client.copy(anns, mallorys, { REPLACE: true });
    assert.equal(await mallory.text('/me'), 'nobody');
    assert.equal(await ann.text('/me'), 'ann-the-needle');
  });
});
