// Next's cookies() are, inside, these: @edge-runtime/cookies, of which Next has a compiled copy.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { RequestCookies, ResponseCookies } from '@edge-runtime/cookies';

import { generateKeys } from '../../keys.ts';
import { sealedCookie } from './sealed-cookie.ts';

const me = sealedCookie<{ user: string; text?: string }>({ keys: generateKeys(), name: 'me', ttl: '1h', persistent: true, chunk: true });

/** A request's cookies, and what is set while it is answered, as `cookies()` has them in route handlers and server actions. */
function request(cookie: string) {
  const headers = new Headers();
  const incoming = new RequestCookies(new Headers({ Cookie: cookie }));
  const outgoing = new ResponseCookies(headers);
  const jar = {
    get: (name: string) => outgoing.get(name) ?? incoming.get(name),
    set: (...cookie: Parameters<ResponseCookies['set']>) => outgoing.set(...cookie),
  };
  return { lines: () => headers.getSetCookie(), jar: Promise.resolve(jar) };
}

const sent = (lines: string[]) => lines.map((line) => line.split(';')[0]).join('; ');

describe('a sealed cookie over Next’s cookies()', () => {
  it('is set so that a browser keeps it under __Host-, and read from the next request', async () => {
    const first = request('');
    assert.equal(await me.jar(first.jar).read(), undefined);
    await me.jar(first.jar).write({ user: 'Ada' });
    assert.deepEqual(await me.jar(first.jar).read(), { user: 'Ada' });
    const [line = '', ...others] = first.lines();
    assert.deepEqual(others, []);
    assert.match(line, /^__Host-me=[\w-]+;/);
    for (const attribute of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=lax', 'Max-Age=3600']) assert.ok(line.split('; ').includes(attribute), line);
    assert.deepEqual(await me.jar(request(`other=1; ${sent([line])}`).jar).read(), { user: 'Ada' });
  });

  it('is split, read together, and cleared as a whole', async () => {
    const first = request('');
    await me.jar(first.jar).write({ user: 'Ada', text: 'x'.repeat(6000) });
    assert.ok(first.lines().length > 1);
    const next = request(sent(first.lines()));
    assert.equal((await me.jar(next.jar).read())?.text?.length, 6000);
    await me.jar(next.jar).clear();
    assert.equal(next.lines().length, first.lines().length);
    for (const line of next.lines()) assert.match(line, /^__Host-me(?:\.\d)?=; .*Max-Age=0/);
    for (const line of next.lines()) assert.ok(line.split('; ').includes('Secure'), line);
    assert.equal(await me.jar(next.jar).read(), undefined);
  });
});
