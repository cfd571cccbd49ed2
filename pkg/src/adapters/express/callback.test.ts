import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

import { ask, settle } from './callback.ts';

describe('a callback that throws', () => {
  // In a process of its own, since what it throws is nobody's to catch.
  for (const work of ['Promise.resolve(1)', "Promise.reject(new Error('store'))"]) {
    it(`is called once, and what it throws is an uncaught exception: ${work}`, () => {
      const script = `
        import { settle } from ${JSON.stringify(new URL('callback.ts', import.meta.url).href)};
        const events = [];
        process.on('uncaughtException', (error, origin) => events.push(origin + ' ' + error.message));
        process.on('exit', () => console.log(JSON.stringify(events)));
        settle(${work}, () => { events.push('called'); throw new Error('mine'); });
      `;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
      assert.deepEqual(JSON.parse(stdout), ['called', 'uncaughtException mine']);
    });
  }
});

it('a callback runs where it was given, wherever the store answers', async () => {
  const where = new AsyncLocalStorage<string>();
  let answer = () => {};
  const asked = where.run('the store', () => ask((done) => (answer = () => done(null))));
  const called = new Promise((resolve) => {
    where.run('the request', () => settle(asked, () => resolve(where.getStore())));
  });
  where.run('elsewhere', answer);
  assert.equal(await called, 'the request');
});

describe('asking', () => {
  it('takes the first answer', async () => {
    assert.equal(await ask<number>((done) => [done(null, 1), done(new Error('late')), done(null, 2)]), 1);
    await assert.rejects(ask((done) => [done(new Error('first')), done(null)]), /first/);
  });

  it('takes what is thrown or rejected instead of an answer', async () => {
    await assert.rejects(
      ask(() => {
        throw new Error('thrown');
      }),
      /thrown/,
    );
    await assert.rejects(ask(async () => Promise.reject(new Error('rejected'))), /rejected/);
  });
});
