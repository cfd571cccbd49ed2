// The published vectors, through the wasm that is shipped.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import * as base64url from '../base64url.ts';
import { text, utf8 } from '../bytes.ts';
import { SealedSessionError } from '../errors.ts';
import { readVerified } from '../receipt.ts';
import { Writer } from '../rules/wire.ts';
import type { Verified } from '../types.ts';
import { withRulesKernel } from './rules.ts';
import { withSealKernel } from './seal.ts';

describe('envelope.json', () => {
  for (const vector of read<EnvelopeVector>('envelope.json', 'vectors')) {
    it(`${vector.name}: ${vector.expect}`, () => {
      const open = () =>
        withSealKernel(({ KernelScope }) => {
          const scope = new KernelScope(utf8(vector.keyring), vector.tenant, vector.purpose);
          const { envelope = '', envelope_text: text } = vector;
          const sealed = text === undefined ? bytes(envelope) : base64url.decode(text);
          if (sealed === undefined) throw new SealedSessionError('malformed');
          return scope.open(bytes(vector.subject), sealed, vector.now);
        });
      if (vector.expect !== 'opens') return assert.equal(codeOf(open), vector.expect);
      const { payload = '', payload_repeat: repeat } = vector;
      const expected = repeat === undefined ? payload : repeat.byte.repeat(repeat.length);
      assert.equal(Buffer.from(open()).toString('hex'), expected);
    });
  }
});

describe('ids.json', () => {
  for (const vector of read<Derivation>('ids.json', 'derivations').filter(({ kind }) => kind === 'session')) {
    it(vector.name, () => {
      const id = Buffer.from(vector.session_id, 'hex').toString('base64url');
      const names = withSealKernel((kernel) => kernel.nativeNames(vector.tenant, utf8(id)));
      assert.equal(text(names ?? new Uint8Array()), vector.handle + vector.csrf);
    });
  }
  for (const vector of read<KeyringVector>('ids.json', 'keyrings')) {
    it(`${vector.name}: ${vector.expect}`, () => {
      const parse = () => withSealKernel(({ KernelScope }) => new KernelScope(utf8(vector.keyring), 'default', 'cookie'));
      assert.equal(codeOf(parse) === undefined ? 'valid' : 'refused', vector.expect);
    });
  }
});

describe('receipts.json', () => {
  for (const vector of read<ReceiptVector>('receipts.json', 'vectors')) {
    it(`${vector.name}: ${vector.expect}`, () => {
      const settings = new Writer().u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).finish();
      const verified = withRulesKernel(({ KernelRules }) => {
        const rules = new KernelRules(utf8(vector.keyring), vector.tenant, settings);
        return rules.verify(vector.receipt, bytes(vector.user_id ?? ''));
      });
      assert.equal(verified === undefined ? 'malformed' : classOf(readVerified(verified, true)), vector.expect);
    });
  }
});

function classOf(verified: Verified): string {
  if (!verified.authentic) return 'unauthentic';
  return verified.aboutUser === true ? 'own' : 'another_user';
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SealedSessionError);
    return error.code;
  }
}

function read<T>(file: string, list: string): T[] {
  const path = new URL(`../../../tests/vectors/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as Record<string, T[]>)[list] ?? [];
}

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

interface EnvelopeVector {
  name: string;
  expect: string;
  keyring: string;
  tenant: string;
  purpose: string;
  subject: string;
  now: number;
  envelope?: string;
  envelope_text?: string;
  payload?: string;
  payload_repeat?: { byte: string; length: number };
}

interface Derivation {
  name: string;
  kind: string;
  tenant: string;
  session_id: string;
  handle: string;
  csrf: string;
}

interface KeyringVector {
  name: string;
  expect: string;
  keyring: string;
}

interface ReceiptVector {
  name: string;
  expect: string;
  keyring: string;
  tenant: string;
  user_id?: string;
  receipt: string;
}
