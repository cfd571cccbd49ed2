import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';

import { call } from '../../../tests/support/command-line.ts';

describe('sealed-session token', () => {
  it('prints a token alone, and beside it the line that keeps no secret', async () => {
    const { code, out, notes } = await call(['token', '--name', 'shop', '--tenant', 'acme', '--scopes', 'users,sessions']);
    assert.equal(code, 0);
    assert.match(out, /^sst_[\w-]{43}$/);
    const hash = createHash('sha256').update(out).digest('hex');
    assert.equal(notes.split('\n').at(-1), `shop acme users,sessions ${hash}`);
    assert.ok(!notes.includes(out.slice(4)));
  });

  it('makes another one each time, with the usual tenant and scopes', async () => {
    const made = await Promise.all([1, 2].map(async () => JSON.parse((await call(['token', '--name', 'a', '--json'])).out) as Record<string, string>));
    assert.notEqual(made[0]?.['token'], made[1]?.['token']);
    for (const { API_TOKENS: line } of made) assert.match(line ?? '', /^a default sessions,users [\da-f]{64}$/);
  });

  it('refuses what the Worker would not read', async () => {
    const wrong = [[], ['--name', 'two words'], ['--name', '#off'], ['--name', 'x', '--tenant', 'a/b'], ['--name', 'x', '--scopes', 'root'], ['--name', 'x', '--scopes', '']];
    for (const args of wrong) {
      const { code, out } = await call(['token', ...args]);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
    }
  });
});
