import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type ErrorCode, SealedSessionError } from './errors.ts';
import { generateKeys } from './keys.ts';
import { Sealer } from './sealer.ts';

const keys = generateKeys();
const sealer = new Sealer(keys);
const ttl = '1h';

describe('Sealer', () => {
  it('opens what it sealed, as value, text and bytes', () => {
    const value = { invite: 7, to: 'ädä' };
    const scope = { purpose: 'invite', subject: 'row 7' };
    assert.deepEqual(sealer.open(sealer.seal(value, { ...scope, ttl }), scope), value);
    assert.deepEqual(sealer.openText(sealer.sealText(value, { ...scope, ttl }), scope), value);
    const bytes = new Uint8Array([0, 255, 128]);
    assert.deepEqual(sealer.openBytes(sealer.sealBytes(bytes, { ...scope, ttl }), scope), bytes);
    assert.match(sealer.sealText(value, { ...scope, ttl }), /^[\w-]+$/);
  });

  it('opens for no other key, tenant, purpose or subject', () => {
    const scope = { purpose: 'invite', subject: 'row 7' };
    const envelope = sealer.sealText('secret', { ...scope, ttl });
    refused('unauthentic', () => sealer.openText(envelope, { ...scope, purpose: 'reset' }));
    refused('unauthentic', () => sealer.openText(envelope, { ...scope, subject: 'row 8' }));
    refused('unauthentic', () => sealer.openText(envelope, { purpose: 'invite' }));
    refused('unauthentic', () => new Sealer(keys, { tenant: 'acme' }).openText(envelope, scope));
    refused('unknown_key', () => new Sealer(generateKeys()).openText(envelope, scope));
    refused('malformed', () => sealer.openText(`${envelope}=`, scope));
    refused('malformed', () => sealer.openBytes(new Uint8Array(81), scope));
    const flipped = Buffer.from(envelope, 'base64url');
    flipped[flipped.length - 1]! ^= 1;
    refused('unauthentic', () => sealer.openBytes(flipped, scope));
  });

  it('opens under old keys, and seals under the first', () => {
    const next = generateKeys().split(',')[1];
    const rotated = new Sealer(`${next},${keys}`);
    const old = sealer.sealText(1, { purpose: 'p', ttl });
    assert.equal(rotated.openText(old, { purpose: 'p' }), 1);
    refused('unknown_key', () => sealer.openText(rotated.sealText(1, { purpose: 'p', ttl }), { purpose: 'p' }));
  });

  it('opens nothing that expired', () => {
    let now = 1_800_000_000_000;
    const sealer = new Sealer(keys, { now: () => now });
    const envelope = sealer.sealText('x', { purpose: 'p', ttl: 10 });
    now += 9_999;
    assert.equal(sealer.openText(envelope, { purpose: 'p' }), 'x');
    now += 1;
    refused('expired', () => sealer.openText(envelope, { purpose: 'p' }));
    for (const expiresAt of [new Date(now), new Date(0), new Date(Number.NaN), new Date(9e15)]) {
      refused('invalid_field', () => sealer.seal('x', { purpose: 'p', expiresAt }));
    }
    for (const ttl of [0, -1, 1.5, '1w', '', 2 ** 32] as number[]) refused('invalid_field', () => sealer.seal('x', { purpose: 'p', ttl }));
  });

  it('says what is wrong with keys and options, without saying the keys', () => {
    for (const missing of [undefined, '']) {
      const error = refused('missing_keys', () => new Sealer(missing));
      assert.equal(error.message, 'Set SESSION_KEYS: npx sealed-session keygen');
    }
    const root = keys.split(',')[1] as string;
    const cases: [string, ErrorCode][] = [
      ['password', 'malformed_key'],
      [`${keys}\n`, 'malformed_key'],
      [keys.split(',')[0] as string, 'no_root_key'],
      [`${root},${root}`, 'equal_key_ids'],
      [`${keys},${keys.split(',')[0]}`, 'two_lookup_keys'],
      [`ssk1_${'A'.repeat(43)}`, 'weak_key'],
    ];
    for (const [text, code] of cases) {
      const error = refused(code, () => new Sealer(text));
      assert.ok(!JSON.stringify([error.message, error.stack, error.cause]).includes(text.slice(5, 20)));
    }
    assert.equal(refused('invalid_option', () => new Sealer(keys, { tenant: 'a b' })).field, 'tenant');
    assert.equal(refused('invalid_option', () => sealer.seal(1, { purpose: '', ttl })).field, 'purpose');
  });

  it('refuses what JSON cannot say, and what is too large, before it is copied', () => {
    for (const value of [undefined, () => 1, 1n, JSON.parse('{"__proto__":1}') as unknown]) {
      refused('invalid_data', () => sealer.seal(value, { purpose: 'p', ttl }));
    }
    sealer.sealBytes(new Uint8Array(1024 * 1024), { purpose: 'p', ttl });
    refused('payload_too_large', () => sealer.sealBytes(new Uint8Array(1024 * 1024 + 1), { purpose: 'p', ttl }));
    refused('payload_too_large', () => sealer.seal(1, { purpose: 'p', ttl, subject: 'x'.repeat(4097) }));
  });

  it('forgets its derived keys, and derives them again', () => {
    const sealer = new Sealer(keys);
    const envelope = sealer.seal(1, { purpose: 'p', ttl });
    sealer[Symbol.dispose]();
    assert.equal(sealer.open(envelope, { purpose: 'p' }), 1);
    for (let i = 0; i < 3000; i++) sealer.seal(i, { purpose: `p${i}`, ttl });
  });
});

function refused(code: ErrorCode, work: () => unknown): SealedSessionError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof SealedSessionError, String(error));
    assert.equal(error.code, code);
    return error;
  }
  throw new assert.AssertionError({ message: `not refused, though it is ${code}` });
}
