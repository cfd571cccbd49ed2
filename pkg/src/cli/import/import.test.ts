import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { UsageError } from '../command.ts';
import { endOf } from './expiration.ts';
import { Journal } from './journal.ts';
import type { Tally } from './mover.ts';
import { progress } from './progress.ts';
import { readUsers, userId } from './users.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealed-session-'));
after(() => rmSync(directory, { recursive: true }));

describe('readUsers', () => {
  it('reads what Databunker calls users, each once, by their lines', () => {
    const file = '\uFEFF# ours\r\n\r\nemail:Ada@Example.com\nlogin: Ada \nemail:ada@example.com\ncustom:a:b\nphone:+447700900123';
    assert.deepEqual(
      readUsers(file).map((user) => [user.line, userId(user)]),
      [
        [3, 'email:ada@example.com'],
        [4, 'login:Ada'],
        [6, 'custom:a:b'],
        [7, 'phone:+447700900123'],
      ],
    );
  });

  it('names a wrong line by its number alone', () => {
    for (const bad of ['ada@example.com', 'name:ada', 'login:', 'phone:07700 900123', `login:${'x'.repeat(251)}`]) {
      assert.throws(
        () => readUsers(`login:a\n${bad}`),
        (error) => error instanceof UsageError && error.message.startsWith('line 2 ') && !error.message.includes('ada'),
        bad,
      );
    }
    assert.equal(readUsers(`login:${'x'.repeat(250)}`).length, 1);
  });
});

describe('endOf', () => {
  // Recorded from Databunker 0.8.36, whose maximum was an hour, and read in its source where that maximum hid it.
  const [when, hour, year] = [1_800_000_000, 3600, 366 * 86_400];
  for (const [asked, most, lasts] of [
    [undefined, hour, hour],
    [30, hour, 30],
    ['30', hour, 30],
    ['30s', hour, 30],
    ['2h', year, 7200],
    ['3d', year, 259_200],
    ['1m', year, 2_678_400],
    ['1m', hour, hour],
    [2.9, hour, 2],
    [0, hour, hour],
    ['5S', hour, hour],
    [' 5s', hour, hour],
    ['1w', hour, hour],
    [true, hour, hour],
    [null, hour, hour],
    ['-5', hour, hour],
    [-5, hour, -5],
    [when + 30, hour, 30],
    [String(when + 30), hour, 30],
    [when + year, hour, hour],
    [Number.MAX_VALUE, hour, hour],
  ] as const) {
    it(`${JSON.stringify(asked)}, with at most ${most} s: ${lasts} s`, () => assert.equal(endOf(when, asked, most) - when, lasts));
  }
});

describe('Journal', () => {
  const [from, to] = [new URL('https://bunker.example'), new URL('https://sessions.example')];
  const row = { session: '5e551000-0000-4000-8000-000000000001', when: 1_800_000_000, data: { name: 'planted payload' } };
  const other = { ...row, session: '5e551000-0000-4000-8000-000000000002' };

  it('knows what was moved, and that it has changed since', () => {
    const file = join(directory, 'moved');
    const journal = new Journal(file, from, to, 'users');
    journal.moved(row);
    for (const again of [journal, new Journal(file, from, to, 'users'), new Journal(file, from, to, 'other users')]) {
      assert.ok(again.hasMoved(row));
      assert.ok(!again.hasMoved(other) && !again.hasMoved({ ...row, when: row.when + 1 }) && !again.hasMoved({ ...row, data: {} }));
    }
  });

  it('goes on with an unfinished run, and only with that one', () => {
    const file = join(directory, 'lines');
    const open = (users = 'users'): Journal => new Journal(file, from, to, users);
    open().done(7);
    assert.ok(open().hasDone(7) && !open().hasDone(8));
    assert.ok(!open('other users').hasDone(7));
    assert.ok(!open().hasDone(7));
    const last = open();
    last.done(7);
    last.finished();
    assert.ok(!open().hasDone(7));
  });

  it('outlives a process that died in the middle of a line', () => {
    const file = join(directory, 'torn');
    new Journal(file, from, to, 'users').moved(row);
    appendFileSync(file, '{"session":"hal');
    new Journal(file, from, to, 'users').moved(other);
    const journal = new Journal(file, from, to, 'users');
    assert.ok(journal.hasMoved(row) && journal.hasMoved(other));
  });

  it('names nobody, and is its owner’s alone', () => {
    const file = join(directory, 'moved');
    const text = readFileSync(file, 'utf8');
    for (const secret of [row.session, row.session.slice(-12), 'planted', 'payload']) assert.ok(!text.includes(secret), secret);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('is of one source and one target', () => {
    const file = join(directory, 'moved');
    assert.throws(() => new Journal(file, from, new URL('https://other.example'), 'users'), UsageError);
    writeFileSync(join(directory, 'foreign'), 'anything\n');
    assert.throws(() => new Journal(join(directory, 'foreign'), from, to, 'users'), UsageError);
    assert.equal(readFileSync(join(directory, 'foreign'), 'utf8'), 'anything\n');
  });
});

describe('progress', () => {
  const tally = (users: number): Tally => ({ users, moved: users * 2 }) as Tally;

  it('is a bar on a terminal', () => {
    const lines: string[] = [];
    const tell = progress({ note: () => {}, status: (line) => void lines.push(line) }, 4);
    for (const users of [1, 4]) tell(tally(users));
    assert.deepEqual(lines, [`${'█'.repeat(7)}${'░'.repeat(23)} 25 %  1 of 4 users, 2 sessions moved`, `${'█'.repeat(30)} 100 %  4 of 4 users, 8 sessions moved`]);
  });

  it('is few lines in a log', () => {
    const lines: string[] = [];
    const tell = progress({ note: (line) => void lines.push(line) }, 1000);
    for (let users = 1; users <= 1000; users++) tell(tally(users));
    assert.equal(lines.length, 20);
    assert.equal(lines.at(-1), '1000 of 1000 users, 2000 sessions moved');
  });
});
