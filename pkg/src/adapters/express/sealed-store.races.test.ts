/** Races of express-session that its issues name, over HTTP, with requests that wait where it hurts. */

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';

import type { Express } from 'express';

import { Browser } from '../../../../tests/support/browser.ts';
import { expressApp, sidOf } from '../../../../tests/support/express-app.ts';
import { serve } from '../../../../tests/support/serve.ts';
import { generateKeys } from '../../keys.ts';
import { sessions } from '../../sessions.ts';
import { memoryStore } from '../../stores/memory.ts';
import { SealedStore } from './sealed-store.ts';

const COOKIE = 'connect.sid';
const rules = sessions({ keys: generateKeys(), store: memoryStore() });
const errors: unknown[] = [];

/** Requests that have loaded their session, and what lets them go on. */
const waiting: (() => void)[] = [];

const app = expressApp(new SealedStore(rules, { user: (session) => session.user }));
addRoutes(app);
const served = await serve(app);
after(served.close);

/** Sends requests that load the session, and answers when all of them have. */
async function loaded(browser: Browser, paths: string[]): Promise<Promise<Response>[]> {
  const requests = paths.map(async (path) => browser.copy().post(path));
  while (waiting.length < paths.length) await new Promise((resolve) => setImmediate(resolve));
  return requests;
}

function goOn(): void {
  for (const resume of waiting.splice(0)) resume();
}

async function newBrowser(): Promise<Browser> {
  const browser = new Browser(served.url);
  await browser.text('/');
  return browser;
}

async function dataOf(browser: Browser): Promise<Record<string, unknown>> {
  const { cookie: _, ...data } = (await rules.read(sidOf(browser.cookies.get(COOKIE))))?.data ?? { cookie: 'no session' };
  return data;
}

describe('express-session #632: a request that is under way while its session ends', () => {
  it('saves nothing, is told no error, and brings nothing back', async () => {
    const browser = await newBrowser();
    const old = browser.copy();
    const [late] = await loaded(browser, ['/slow/set/x/1']);
    await browser.post('/logout');
    goOn();
    const response = await late;
    assert.equal(response?.status, 200);
    assert.equal(await response.text(), 'done');
    assert.equal(await rules.read(sidOf(old.cookies.get(COOKIE))), undefined);
    assert.equal(await old.text('/'), '1');
    assert.deepEqual(errors.splice(0), []);
  });

  it('nor does one that would have logged in, after a revoke-all', async () => {
    const browser = await newBrowser();
    await browser.post('/login/ann');
    const [late] = await loaded(browser, ['/slow/set/x/1']);
    await rules.user('ann').revokeAll();
    goOn();
    assert.equal((await late)?.status, 200);
    assert.deepEqual((await rules.user('ann').list()).sessions, []);
    assert.equal(await browser.text('/me'), 'nobody');
  });
});

describe('express-session #830: an insert is no update', () => {
  it('an ID whose session just ended is not created again', async () => {
    const store = new SealedStore(rules);
    const browser = await newBrowser();
    const sid = sidOf(browser.cookies.get(COOKIE));
    await browser.post('/logout');
    const error = await new Promise((resolve) => store.set(sid, { cookie: { originalMaxAge: null } }, resolve));
    assert.equal(error, null);
    assert.equal(await rules.read(sid), undefined);
  });
});

describe('express-session #361: requests that overlap write what they changed, and nothing else', () => {
  it('fields that are set, changed and removed', async () => {
    const browser = await newBrowser();
    for (const field of ['a', 'b', 'c']) await browser.post(`/set/${field}/old`);
    const paths = ['/slow/set/a/new', '/slow/remove/b', '/slow/set/d/null', '/slow/nothing'];
    const requests = await loaded(browser, paths);
    await browser.post('/set/e/meanwhile');
    goOn();
    for (const response of await Promise.all(requests)) assert.equal(response.status, 200);
    assert.deepEqual(await dataOf(browser), { views: 1, a: 'new', c: 'old', d: null, e: 'meanwhile' });
  });

  it('a field of both is the later one’s, whole', async () => {
    const browser = await newBrowser();
    await browser.post('/json/{"who":{"id":1,"role":"user"}}');
    const [late] = await loaded(browser, ['/slow/json/{"who":{"id":2}}']);
    await browser.post('/json/{"who":{"id":1,"role":"admin"}}');
    goOn();
    await late;
    assert.deepEqual((await dataOf(browser))['who'], { id: 2 });
  });

  it('the second save of a request still writes only what it changed', async () => {
    const browser = await newBrowser();
    const [late] = await loaded(browser, ['/slow/twice']);
    await browser.post('/set/e/meanwhile');
    goOn();
    assert.equal((await late)?.status, 200);
    assert.deepEqual(await dataOf(browser), { views: 1, e: 'meanwhile', first: 1, second: 2 });
  });
});

describe('express-session #606: parallel uploads', () => {
  it('each of twenty leaves its mark', async () => {
    const browser = await newBrowser();
    const names = Array.from({ length: 20 }, (_, n) => `upload${n}`);
    const requests = await loaded(browser, names.map((name) => `/slow/set/${name}/there`));
    goOn();
    for (const response of await Promise.all(requests)) assert.equal(response.status, 200);
    const data = await dataOf(browser);
    assert.deepEqual(names.filter((name) => data[name] !== 'there'), []);
    assert.deepEqual(errors.splice(0), []);
  });
});

describe('express-session #923: a request under the old ID while another one logs in', () => {
  it('takes nobody’s cookie away, and brings the old session not back', async () => {
    const browser = await newBrowser();
    const old = browser.copy();
    const [late] = await loaded(browser, ['/slow/set/x/1']);
    await browser.post('/login/cy');
    goOn();
    assert.deepEqual((await late)?.headers.getSetCookie(), []);
    assert.deepEqual((await old.fetch('/me')).headers.getSetCookie(), []);
    assert.equal(await browser.text('/me'), 'cy');
    assert.equal(await rules.read(sidOf(old.cookies.get(COOKIE))), undefined);
  });
});

function addRoutes(app: Express): void {
  app.post('/slow/*rest', (req, _res, next) => {
    waiting.push(() => {
      req.url = req.url.slice('/slow'.length);
      next();
    });
  });
  app.post('/set/:field/:value', ({ session, params }, res) => {
    session[params.field] = params.value === 'null' ? null : params.value;
    res.send('done');
  });
  app.post('/json/:fields', ({ session, params }, res) => {
    Object.assign(session, JSON.parse(params.fields));
    res.send('done');
  });
  app.post('/remove/:field', ({ session, params }, res) => {
    delete session[params.field];
    res.send('done');
  });
  app.post('/nothing', (_req, res) => {
    res.send('done');
  });
  app.post('/twice', ({ session }, res, next) => {
    session['first'] = 1;
    session.save((error: unknown) => {
      if (error) return next(error);
      session['second'] = 2;
      res.send('done');
    });
  });
  app.use((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
    errors.push(error);
    next(error);
  });
}
