// Two ciphers, one format: what the runtime's seals the kernel's opens, and the other way round.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { utf8 } from './bytes.ts';
import { open, seal } from './envelope.ts';
import { SealedSessionError } from './errors.ts';
import { generateKeys } from './keys.ts';
import { withSealKernel } from './kernel/seal.ts';
import { isBulk } from './load/bulk.ts';
import { newScope } from './sealer.ts';

const scope = newScope(generateKeys(), 'default', 'app/test');
const subject = utf8('subject');
const NOW = 1_800_000_000;

describe('the runtime’s cipher', () => {
  it('and the kernel’s read each other, at every length where a chunk begins or ends', () => {
    for (const length of [1536, 4096, 4097, 15_000, 16_383, 16_384, 16_385, 32_767, 32_768, 49_151, 100_000, 1024 * 1024]) {
      const payload = new Uint8Array(randomBytes(length));
      assert.ok(isBulk(length));
      const byRuntime = seal(scope, subject, payload, NOW + 1);
      const byKernel = scope.seal(subject, payload, NOW + 1);
      assert.equal(byRuntime.length, byKernel.length);
      assert.deepEqual(new Uint8Array(scope.open(subject, byRuntime, NOW)), payload);
      assert.deepEqual(open(scope, subject, byKernel, NOW), payload);
    }
  });

  it('keeps a payload that ends in zeros', () => {
    const payload = new Uint8Array(5000);
    assert.deepEqual(open(scope, subject, seal(scope, subject, payload, NOW + 1), NOW), payload);
  });

  it('refuses what the kernel refuses', () => {
    const envelope = seal(scope, subject, new Uint8Array(40_000), NOW + 1);
    refused('expired', () => open(scope, subject, envelope, NOW + 1));
    refused('unauthentic', () => open(scope, utf8('another'), envelope, NOW));
    for (const at of [5, 20, 40, 65, 66, 16_384, 20_000, envelope.length - 17, envelope.length - 1]) {
      const changed = envelope.slice();
      changed[at]! ^= 1;
      refused('unauthentic', () => open(scope, subject, changed, NOW));
    }
    for (const length of [4096, 16_384 + 65, 16_400 + 65, 16_401 + 65, 2 * 16_400 + 65, envelope.length - 1]) {
      refused('unauthentic', () => open(scope, subject, envelope.subarray(0, length), NOW));
    }
    const longer = new Uint8Array(envelope.length + 1);
    longer.set(envelope);
    refused('unauthentic', () => open(scope, subject, longer, NOW));
  });

  const { vectors } = JSON.parse(readFileSync(new URL('../../tests/vectors/envelope.json', import.meta.url), 'utf8')) as { vectors: Vector[] };
  for (const vector of vectors.filter(({ envelope = '' }) => isBulk(envelope.length / 2))) {
    it(`agrees on the vector ${vector.name}: ${vector.expect}`, () => {
      const { KernelScope } = withSealKernel((kernel) => kernel);
      const scope = new KernelScope(utf8(vector.keyring), vector.tenant, vector.purpose);
      const bytes = new Uint8Array(Buffer.from(vector.envelope ?? '', 'hex'));
      const opened = () => open(scope, Buffer.from(vector.subject, 'hex'), bytes, vector.now);
      if (vector.expect !== 'opens') return refused(vector.expect, opened);
      assert.deepEqual(opened(), new Uint8Array(scope.open(Buffer.from(vector.subject, 'hex'), bytes, vector.now)));
    });
  }
});

interface Vector {
  name: string;
  expect: string;
  keyring: string;
  tenant: string;
  purpose: string;
  subject: string;
  now: number;
  envelope?: string;
}

function refused(code: string, work: () => unknown): void {
  assert.throws(work, (error) => {
    const known = error instanceof SealedSessionError ? error.code : error;
    assert.equal(known, code);
    return true;
  });
}
