// Cookies of the real iron-session, taken over.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { sealData, unsealData } from 'iron-session';

import { generateKeys } from '../../keys.ts';
import { migrateCookie } from './migrate-cookie.ts';
import { sealedCookie } from './sealed-cookie.ts';

interface Me {
  user: string;
}

const password = 'a password of the iron-session of before';
const keys = generateKeys();
const me = sealedCookie<Me>({ keys, name: 'me', ttl: '7d' });
const tomorrow = () => new Date(Date.now() + 86_400_000);
const open = async (value: string) => unsealData<Me>(value, { password });

const iron = async (data: object, secret = password) => `iron=${await sealData(data, { password: secret })}`;

describe('migrateCookie', () => {
  it('takes over what iron-session sealed, once', async () => {
    const counts: number[] = [];
    const read = migrateCookie(me, { name: 'iron', open, until: tomorrow(), onMigrated: (count) => counts.push(count) });
    const headers = new Headers();
    assert.deepEqual(await read(await iron({ user: 'ada' }), headers), { user: 'ada' });
    const [own = '', gone = '', ...others] = headers.getSetCookie();
    assert.deepEqual(others, []);
    assert.match(own, /^__Host-me=[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    assert.equal(gone, 'iron=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax');
    assert.equal(headers.get('Cache-Control'), 'no-store');

    const later = new Headers();
    const cookies = own.split(';')[0] ?? '';
    assert.deepEqual(await read(`${cookies}; ${await iron({ user: 'mallory' })}`, later), { user: 'ada' });
    assert.deepEqual([later.getSetCookie(), counts], [[], [1]]);
  });

  it('takes nothing that is not valid', async () => {
    const read = migrateCookie(me, { name: 'iron', open, until: tomorrow() });
    const valid = await iron({ user: 'ada' });
    const cookies = ['', 'iron=', 'iron=plain', await iron({}), await iron({ user: 'ada' }, 'another password of forty characters x'), `${valid}; ${valid}`, valid.slice(0, -10)];
    for (const cookie of cookies) {
      const headers = new Headers();
      assert.equal(await read(new Request('https://x.example', { headers: { Cookie: cookie } }), headers), undefined, cookie);
      assert.deepEqual([...headers], []);
    }
  });

  it('ends at its date', async () => {
    let now = Date.parse('2027-01-30T23:59:59.999Z');
    const read = migrateCookie(me, { name: 'iron', open, until: '2027-01-31', now: () => now });
    const cookie = await iron({ user: 'ada' });
    assert.deepEqual(await read(cookie, new Headers()), { user: 'ada' });
    now += 1;
    assert.equal(await read(cookie, new Headers()), undefined);
    assert.throws(() => migrateCookie(me, { name: 'iron', open, until: '' }), { code: 'invalid_option', field: 'until' });
  });

  it('passes on what the other library throws, and writes nothing', async () => {
    const read = migrateCookie(me, { name: 'iron', open: () => Promise.reject(new Error('no')), until: tomorrow() });
    const headers = new Headers();
    await assert.rejects(read(await iron({ user: 'ada' }), headers), { message: 'no' });
    assert.deepEqual([...headers], []);
  });
});
