import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { call as callWith } from '../../../tests/support/command-line.ts';
import { Sealer } from '../sealer.ts';

const call = (...args: string[]) => callWith(args);

describe('sealed-session keygen', () => {
  it('prints one line that is a keyring, and how to set it beside it', async () => {
    const { code, out, notes } = await call('keygen');
    assert.equal(code, 0);
    assert.match(out, /^slk1_[\w-]{43},ssk1_[\w-]{43}$/);
    void new Sealer(out);
    assert.match(notes, /SESSION_KEYS/);
    assert.ok(!notes.includes(out.slice(5, 20)));
  });

  it('prints JSON alone where it is asked to', async () => {
    const { out, notes } = await call('keygen', '--json');
    const { SESSION_KEYS } = JSON.parse(out) as { SESSION_KEYS: string };
    void new Sealer(SESSION_KEYS);
    assert.equal(notes, '');
  });

  it('is a program', () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const line = execFileSync(process.execPath, [main, 'keygen'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    assert.match(line, /^slk1_[\w-]{43},ssk1_[\w-]{43}\n$/);
  });
});

describe('sealed-session', () => {
  it('teaches', async () => {
    for (const args of [['--help'], ['help'], ['-h']]) {
      const { code, out } = await call(...args);
      assert.equal(code, 0);
      assert.match(out, /keygen +Make a keyring/);
    }
    assert.match((await call('keygen', '--help')).out, /npx sealed-session keygen/);
  });

  it('has help for every command that says how to call it, and takes --json', async () => {
    const { out } = await call('--help');
    const commands = [...out.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name = '']) => name);
    assert.deepEqual(commands, ['keygen', 'rotate', 'token', 'inspect', 'doctor', 'import']);
    for (const name of commands) {
      const { code, out: help } = await call(name, '--help');
      assert.equal(code, 0);
      assert.ok(help.startsWith(`npx sealed-session ${name} `) && help.includes('--json'), name);
      assert.ok(help.split('\n').every((line) => line.length <= 108), name);
    }
  });

  it('says what was called wrongly', async () => {
    assert.equal((await call()).code, 2);
    const unknown = await call('keygenn');
    assert.equal(unknown.code, 2);
    assert.match(unknown.notes, /no command "keygenn"/);
    const option = await call('keygen', '--jsn');
    assert.equal(option.code, 2);
    assert.match(option.notes, /--jsn/);
    assert.equal(option.out, '');
  });
});
