// Over the real react-router: its sessions, its cookies, and its static handler.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectTypeOf } from 'expect-type';
import { type ActionFunctionArgs, createCookie, createSession, createStaticHandler, isSession, type Session, type SessionStorage } from 'react-router';

import { generateKeys, generateSessionId } from '../keys.ts';
import { sessions } from '../sessions.ts';
import type { Store } from '../store.ts';
import { memoryStore } from '../stores/memory.ts';
import { createSealedSessionStorage } from './react-router.ts';

interface Data {
  user?: string;
  cart?: string[];
  theme?: string;
}
interface Flash {
  error: string;
}

const keys = generateKeys();
let writes = 0;
const memory = memoryStore();
const store: Store = {
  ...memory,
  apply: async (batch, options) => {
    writes += batch.changes.some(({ key }) => key.startsWith('s:')) ? 1 : 0;
    return memory.apply(batch, options);
  },
};
const rules = sessions<Data>({ keys, store });
const storage = createSealedSessionStorage<Data, Flash>({ sessions: rules });
const { getSession, commitSession, destroySession, regenerateSession } = storage;

/** What a browser sends back. */
const sent = (line: string) => line.split(';')[0] ?? '';
const started = async (data: Data = { theme: 'dark' }) => {
  const session = await getSession(null);
  for (const [name, value] of Object.entries(data)) session.set(name as 'theme', value as string);
  return { session, line: await commitSession(session) };
};

describe('createSealedSessionStorage', () => {
  it('keeps a session, in a cookie that no script and no subdomain touches', async () => {
    const { session, line } = await started();
    assert.match(line, /^__Host-session=[\w%-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/i);
    assert.match(session.id, /^[\w-]{43}$/);
    const again = await getSession(sent(line));
    assert.ok(isSession(again));
    assert.deepEqual([again.id, again.get('theme'), again.data], [session.id, 'dark', { theme: 'dark' }]);
  });

  it('has flash as the stock storage has it: shown once, when it is committed', async () => {
    const { line } = await started();
    const one = await getSession(sent(line));
    one.flash('error', 'no such tea');
    await commitSession(one);
    const peeked = await getSession(sent(line));
    assert.ok(peeked.has('error'));
    assert.equal(peeked.get('error'), 'no such tea');
    assert.equal(peeked.get('error'), undefined);
    assert.ok((await getSession(sent(line))).has('error'));
    await commitSession(peeked);
    assert.ok(!(await getSession(sent(line))).has('error'));
    assert.equal((await getSession(sent(line))).get('theme'), 'dark');
  });

  it('writes what changed, and nothing where nothing did', async () => {
    const { line } = await started();
    const before = writes;
    const session = await getSession(sent(line));
    assert.equal(sent(await commitSession(session, { maxAge: 60 })), sent(line));
    assert.equal(writes, before);
    session.set('theme', 'light');
    session.set('cart', ['tea']);
    await commitSession(session);
    session.unset('theme');
    await commitSession(session);
    assert.equal(writes, before + 2);
    assert.deepEqual((await rules.read(session.id))?.data, { cart: ['tea'] });
  });

  it('a session that is new is one, however often it is committed', async () => {
    const { session, line } = await started();
    session.set('cart', ['tea']);
    assert.equal(sent(await commitSession(session)), sent(line));
    assert.deepEqual((await getSession(sent(line))).data, { theme: 'dark', cart: ['tea'] });
  });

  it('creates nothing for visitors without data', async () => {
    const before = writes;
    assert.match(await commitSession(await getSession(null)), /^__Host-session=; .*Expires=Thu, 01 Jan 1970/i);
    assert.equal(writes, before);
  });

  it('drops the ID of a session that is not found: who was logged out can log in again, under a new one', async () => {
    const { session, line } = await started();
    const old = session.id;
    await rules.end(old);
    const after = await getSession(sent(line));
    assert.deepEqual([after.id, after.data], ['', {}]);
    assert.equal(sent(await commitSession(after)), sent(line));
    after.set('user', 'ann');
    const next = await commitSession(after);
    assert.notEqual(after.id, old);
    assert.equal((await getSession(sent(next))).get('user'), 'ann');
    assert.equal(await rules.read(old), undefined);
  });

  it('takes no ID that the server did not make, and survives cookies of any kind', async () => {
    const cookie = createCookie('__Host-session', { secure: true });
    const foreign = ['chosen-by-mallory-0123456789', generateSessionId(), '', { id: 1 }, 7, null];
    for (const value of foreign) {
      const session = await getSession(sent(await cookie.serialize(value)));
      assert.deepEqual([session.id, session.data], ['', {}]);
      session.set('user', 'ann');
      await commitSession(session);
      assert.notEqual(session.id, value);
    }
    for (const header of ['__Host-session=%%%', '__Host-session', '=', 'x=y', '__Host-session=é']) {
      assert.equal((await getSession(header)).id, '');
    }
  });

  it('destroys, for good: a late commit revives nothing, and has the browser forget it', async () => {
    const { line } = await started();
    const late = await getSession(sent(line));
    const gone = await destroySession(await getSession(sent(line)));
    assert.match(gone, /^__Host-session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/i);
    late.set('cart', ['tea']);
    assert.match(await commitSession(late), /^__Host-session=; Max-Age=0/i);
    assert.equal(await rules.read(late.id), undefined);
    assert.equal((await getSession(sent(line))).id, '');
    await destroySession(await getSession(sent(line)));
    await destroySession(await getSession(null));
  });

  it('requests at once keep what each of them changed', async () => {
    const { session, line } = await started({ theme: 'dark', user: 'ann' });
    const [one, two, three] = [await getSession(sent(line)), await getSession(sent(line)), await getSession(sent(line))];
    one.set('theme', 'light');
    two.set('cart', ['tea']);
    three.unset('user');
    await Promise.all([commitSession(one), commitSession(two), commitSession(three)]);
    two.set('cart', ['tea', 'cup']);
    await commitSession(two);
    assert.deepEqual((await rules.read(session.id))?.data, { theme: 'light', cart: ['tea', 'cup'] });
  });

  it('regenerates at login: a new ID with a user, and the old one is dead', async () => {
    const { line } = await started();
    const session = await getSession(sent(line));
    const old = session.id;
    session.set('user', 'ann');
    const login = await regenerateSession(session, { user: 'ann', maxAge: 60 });
    assert.match(login, /Max-Age=60/);
    assert.notEqual(session.id, old);
    assert.equal(await rules.read(old), undefined);
    const found = await rules.read(session.id);
    assert.deepEqual([found?.user, found?.data], ['ann', { theme: 'dark', user: 'ann' }]);
    session.set('theme', 'light');
    assert.equal(sent(await commitSession(session)), sent(login));
    assert.equal((await getSession(sent(login))).get('theme'), 'light');
    assert.equal((await rules.user('ann').list()).sessions.length, 1);
    await rules.user('ann').revokeAll();
    assert.equal((await getSession(sent(login))).id, '');
  });

  it('regenerates what was not there, what ended, and what another request wrote', async () => {
    const nobody = await getSession(null);
    nobody.set('theme', 'dark');
    assert.deepEqual((await getSession(sent(await regenerateSession(nobody, { user: 'bob' })))).data, { theme: 'dark' });

    const { line } = await started({ cart: ['of somebody else'] });
    const ended = await getSession(sent(line));
    await rules.end(ended.id);
    ended.set('user', 'bob');
    assert.deepEqual((await getSession(sent(await regenerateSession(ended, { user: 'bob' })))).data, { user: 'bob' });

    const other = await started();
    const [slow, quick] = [await getSession(sent(other.line)), await getSession(sent(other.line))];
    quick.set('cart', ['tea']);
    await commitSession(quick);
    await regenerateSession(slow, { grace: '5s' });
    assert.deepEqual((await rules.read(slow.id))?.data, { theme: 'dark', cart: ['tea'] });
    slow.set('theme', 'light');
    await commitSession(slow);
    assert.deepEqual((await rules.read(slow.id))?.data, { theme: 'light', cart: ['tea'] });
    assert.deepEqual((await getSession(sent(other.line))).get('cart'), ['tea']);
  });

  it('takes a cookie of React Router’s, or what it is to be', async () => {
    const signed = createCookie('own', { secrets: ['a secret'], maxAge: 100 });
    const own = createSealedSessionStorage<Data>({ sessions: rules, cookie: signed });
    const session = await own.getSession(null);
    session.set('theme', 'dark');
    const line = await own.commitSession(session);
    assert.match(line, /^own=[^;]+; Max-Age=100; /);
    assert.equal((await own.getSession(sent(line))).get('theme'), 'dark');
    assert.equal((await own.getSession(sent(line).slice(0, -4))).id, '');
    assert.match(await own.destroySession(session), /^own=; Max-Age=0; /);
    const names = [{ secure: false }, { path: '/app' }, { domain: 'x.example' }, { name: 'mine' }].map(async (cookie) => {
      const made = createSealedSessionStorage({ sessions: rules, cookie });
      return (await made.commitSession(createSession({}))).split('=')[0];
    });
    assert.deepEqual(await Promise.all(names), ['session', 'session', 'session', 'mine']);
  });

  it('tells of writes that nobody waits for', async () => {
    let now = Date.now();
    const slid = sessions<Data>({ keys, store, now: () => now });
    const works: Promise<unknown>[] = [];
    const own = createSealedSessionStorage<Data>({ sessions: slid, waitUntil: (work) => works.push(work) });
    const session = await own.getSession(null);
    session.set('theme', 'dark');
    const line = await own.commitSession(session);
    now += 6 * 3_600_000;
    await own.getSession(sent(line));
    assert.equal(works.length, 1);
  });

  it('passes on that the store is down', async () => {
    const fail = async () => Promise.reject(new Error('down'));
    const down = createSealedSessionStorage({ sessions: sessions({ keys, store: { ...memory, get: fail, apply: fail } }) });
    const { line } = await started();
    await assert.rejects(down.getSession(sent(line)), { code: 'store_unavailable' });
    await assert.rejects(down.commitSession(createSession({ a: 1 })), { code: 'store_unavailable' });
  });

  it('serves loaders and actions', async () => {
    const handler = createStaticHandler([
      {
        path: '/',
        id: 'root',
        loader: async ({ request }) => (await getSession(request.headers.get('Cookie'))).get('user') ?? 'nobody',
        action: async ({ request }: ActionFunctionArgs) => {
          const session = await getSession(request.headers.get('Cookie'));
          const user = new URLSearchParams(await request.text()).get('user') ?? '';
          session.set('user', user);
          return new Response(null, { status: 302, headers: { 'Location': '/', 'Set-Cookie': await regenerateSession(session, { user }) } });
        },
      },
    ]);
    const answer = await handler.query(new Request('https://x.example/', { method: 'POST', body: new URLSearchParams({ user: 'eve' }) }));
    assert.ok(answer instanceof Response);
    const Cookie = sent(answer.headers.get('Set-Cookie') ?? '');
    const context = await handler.query(new Request('https://x.example/', { headers: { Cookie } }));
    assert.ok(!(context instanceof Response));
    assert.deepEqual(context.loaderData, { root: 'eve' });
  });

  it('is a storage of React Router’s, with types of its own', () => {
    expectTypeOf(storage).toExtend<SessionStorage<Data, Flash>>();
    expectTypeOf(getSession).returns.resolves.toEqualTypeOf<Session<Data, Flash>>();
    expectTypeOf<Session<Data, Flash>['flash']>().parameters.toEqualTypeOf<['error', string]>();
  });
});
