// What a target does that is busy, or gone, with the rules in this process. tests/package/cli-import.test.ts has the rest.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { DatabunkerServer } from '../../../../tests/support/databunker-server.ts';
import { freePort } from '../../../../tests/support/port.ts';
import { SealedSessionError } from '../../errors.ts';
import { generateKeys } from '../../keys.ts';
import { sessions } from '../../sessions.ts';
import type { Store } from '../../store.ts';
import { memoryStore } from '../../stores/memory.ts';
import { Databunker } from './databunker.ts';
import { Journal } from './journal.ts';
import { move, type Tally } from './mover.ts';
import { readUsers } from './users.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealed-session-'));
const bunker = await DatabunkerServer.start();
after(async () => {
  await bunker.stop();
  rmSync(directory, { recursive: true });
});

let files = 0;
let complaints: string[] = [];

/** Moves 8 users with a session each to a store that fails where `isDown` says so. */
async function moved(isDown: () => boolean, url = bunker.url): Promise<{ work: Promise<Tally>; file: string }> {
  const memory = memoryStore();
  const store: Store = {
    ...memory,
    promises: memory.promises,
    get: (...args) => memory.get(...args),
    list: (...args) => memory.list(...args),
    apply: async (...args) => {
      if (isDown()) throw new Error('down');
      return memory.apply(...args);
    },
  };
  const names = Array.from({ length: 8 }, (_, n) => `user${n}`);
  const when = Math.floor(Date.now() / 1000);
  for (const name of names) bunker.users.set(`login/${name}`, [{ session: randomUUID(), when, data: { name }, endtime: when + 3600 }]);
  const [file, text] = [join(directory, String(files++)), names.map((name) => `login:${name}`).join('\n')];
  complaints = [];
  const work = move({
    source: new Databunker(new URL(url), bunker.token, { wait: 1 }),
    target: sessions({ keys: generateKeys(), store }),
    journal: new Journal(file, new URL(url), new URL('https://sessions.example'), text),
    users: readUsers(text),
    ttl: 3600,
    concurrency: 4,
    complain: (text) => void complaints.push(text),
    progress: () => {},
    wait: 1,
  });
  return { work, file };
}

describe('move', () => {
  it('tries again what a busy store refuses', async () => {
    let calls = 0;
    const { work } = await moved(() => [1, 2, 9].includes(++calls));
    const { moved: count, failed } = await work;
    assert.deepEqual([count, failed, complaints], [8, 0, []]);
  });

  it('counts what fails all the same, and leaves it to the next run', async () => {
    let calls = 0;
    const { work, file } = await moved(() => ++calls <= 5);
    const { moved: count, failed } = await work;
    assert.deepEqual([count, failed, complaints], [7, 1, ['line 1, session 1 of 1: store_unavailable']]);
    assert.ok(!readFileSync(file, 'utf8').includes('{"line":1}') && readFileSync(file, 'utf8').includes('{"line":2}'));
  });

  it('gives up where the store is down, or the source', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    for (const begin of [() => moved(() => true), () => moved(() => false, nobody)]) {
      const { work, file } = await begin();
      await assert.rejects(work, (error) => error instanceof SealedSessionError && /5 users in a row failed/.test(error.message));
      assert.ok(existsSync(file) && !readFileSync(file, 'utf8').includes('"line"'));
    }
    assert.equal(complaints.length, 5);
    assert.equal(complaints[4], 'line 5: source unavailable');
  });
});
