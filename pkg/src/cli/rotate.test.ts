import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { call } from '../../../tests/support/command-line.ts';
import { isSealedSessionError } from '../errors.ts';
import { generateKeys } from '../keys.ts';
import { Sealer } from '../sealer.ts';
import { keyId } from './keyring.ts';
import { dateAfter } from './rotate.ts';

const keys = generateKeys();
const [lookup = '', old = ''] = keys.split(',');
const scope = { purpose: 'invite', ttl: 60 };

describe('sealed-session rotate', () => {
  it('prints three keyrings in the order to deploy them, and nothing else to a pipe', async () => {
    const { code, out, notes } = await call(['rotate'], { env: { SESSION_KEYS: keys } });
    assert.equal(code, 0);
    const lines = out.split('\n');
    const added = lines[2]?.split(',')[1] ?? '';
    assert.deepEqual(lines, [`${lookup},${old},${added}`, `${lookup},${added},${old}`, `${lookup},${added}`]);
    assert.ok(!notes.includes(added.slice(5)) && !notes.includes(old.slice(5)));
  });

  it('makes steps that need no two instances to be in step', async () => {
    const { out } = await call(['rotate'], { input: `${keys}\n` });
    const rings = [keys, ...out.split('\n')].map((ring) => new Sealer(ring));
    const opens = (by: number, sealed: number): boolean => {
      try {
        return rings[by]?.open(rings[sealed]?.seal(1, scope) ?? assert.fail(), scope) === 1;
      } catch (error) {
        assert.ok(isSealedSessionError(error, 'unknown_key'));
        return false;
      }
    };
    for (const at of [0, 1, 2]) assert.ok(opens(at, at + 1) && opens(at + 1, at), `step ${at + 1}`);
    assert.ok(!opens(0, 2) && !opens(3, 1));
  });

  it('says when the old key can go, and how the keys are called', async () => {
    const { out } = await call(['rotate', '--longest', '30d', '--json'], { env: { SESSION_KEYS: keys } });
    const { steps, key_ids: ids } = JSON.parse(out) as { steps: Record<string, string>[]; key_ids: { new: string; old: string[] } };
    const [, , third] = steps;
    const days = (Date.parse(third?.['not_before'] ?? '') - Date.now()) / 86_400_000;
    assert.ok(days > 30 && days <= 31, `${days}`);
    assert.deepEqual(ids, { new: keyId(third?.['SESSION_KEYS']?.split(',')[1] ?? ''), old: [keyId(old)] });
  });

  it('never drops a key on the day on which something of it may be alive', () => {
    for (const time of ['2026-11-21T00:00:00.000Z', '2026-11-21T12:00:00Z', '2026-11-21T23:59:59.999Z']) {
      assert.equal(dateAfter(Date.parse(time), 400 * 86_400), '2027-12-27');
    }
    assert.ok(Date.parse('2026-11-21T23:59:59.999Z') + 400 * 86_400_000 < Date.parse('2027-12-27'));
  });

  it('drops every old key of a ring with many, and says so', async () => {
    const other = generateKeys().split(',')[1] ?? '';
    const { out, notes } = await call(['rotate'], { env: { SESSION_KEYS: `${keys},${other}` } });
    assert.equal(out.split('\n')[2]?.split(',').length, 2);
    assert.match(notes, /2 root keys .*drops all/);
  });

  it('tells wrong calls from wrong keys, and repeats no key', async () => {
    assert.equal((await call(['rotate'])).code, 2);
    assert.equal((await call(['rotate', '--longest', 'ever'], { env: { SESSION_KEYS: keys } })).code, 2);
    assert.equal((await call(['rotate', keys])).code, 2);
    const malformed = await call(['rotate'], { env: { SESSION_KEYS: `${keys.slice(0, -3)}!!` } });
    assert.equal(malformed.code, 1);
    for (const { out, notes } of [malformed, await call(['rotate', keys])]) assert.ok(!`${out}${notes}`.includes(old.slice(5, 30)));
  });
});

describe('keyId', () => {
  it('is the one of docs/FORMAT.md', () => {
    // printf 'sealed-session/v1/key id\0\1' | openssl dgst -sha512 -mac HMAC -macopt hexkey:<the key>
    assert.equal(keyId(`ssk1_${Buffer.from(Uint8Array.from({ length: 32 }, (_, at) => at)).toString('base64url')}`), '36a78856');
  });
});
