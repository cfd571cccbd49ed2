import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { call } from '../../../../tests/support/command-line.ts';
import { generateKeys, generateSessionId } from '../../keys.ts';
import { memoryStore } from '../../stores/memory.ts';
import { sessions } from '../../sessions.ts';
import { Sealer } from '../../sealer.ts';
import { keyId } from '../keyring.ts';
import { recognise, recogniseText } from './recognise.ts';

const keys = generateKeys();
const sealer = new Sealer(keys);
const expiresAt = new Date('2030-01-02T03:04:05Z');

describe('sealed-session inspect', () => {
  it('shows what an envelope shows, as bytes, as text and as an argument', async () => {
    const envelope = sealer.sealBytes(new Uint8Array(99), { purpose: 'a', expiresAt });
    const text = Buffer.from(envelope).toString('base64url');
    // Padmé(100) is 104: docs/FORMAT.md, "Padding".
    const expected = {
      kind: 'envelope',
      format: 1,
      keyId: keyId(keys.split(',')[1] ?? ''),
      expiresAt: '2030-01-02T03:04:05.000Z',
      version: text.slice(12, 28),
      length: 65 + 104 + 16,
      paddedLength: 104,
      chunks: 1,
    };
    const ways = [{ input: envelope }, { input: `${text}\n` }, { input: `"${text}"` }, { input: JSON.stringify({ cookie: {}, sealed: text }) }];
    for (const way of ways) assert.deepEqual(JSON.parse((await call(['inspect', '--json'], way)).out), expected);
    const { code, out } = await call(['inspect', text]);
    assert.equal(code, 0);
    for (const value of [expected.keyId, expected.expiresAt, '185 bytes', '104 bytes']) assert.ok(out.includes(value), value);
  });

  it('counts chunks as the format does', () => {
    // Padded, these are one byte short of a chunk's end or beyond it: 16 384 bytes and an empty second chunk.
    for (const [payload, padded, chunks] of [[15_871, 15_872, 1], [16_383, 16_384, 2], [16_384, 17_408, 2]] as const) {
      const found = recognise(sealer.sealBytes(new Uint8Array(payload), { purpose: 'a', expiresAt }));
      assert.ok(found.kind === 'envelope');
      assert.deepEqual([found.paddedLength, found.chunks], [padded, chunks]);
    }
  });

  it('shows all of a marker', () => {
    const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
    // 2 000 000 000 s is 2033-05-18T03:33:20Z, 0x77359400; in ms 0x1d1a94a2000.
    const [expires, at, later] = ['77359400', '000001d1a94a2000', '000001d1a94a23e8'];
    const [time, expiry] = ['2033-05-18T03:33:20.000Z', '2033-05-18T03:33:20.000Z'];
    const marker = { kind: 'marker', expiresAt: expiry };
    assert.deepEqual(recognise(hex(`01 ${expires} ${at} ${at}`)), { ...marker, prefix: 'e:', endedAt: time, dies: undefined });
    assert.deepEqual(recognise(hex(`01 ${expires} ${at} ${later}`)), { ...marker, prefix: 'e:', endedAt: time, dies: '2033-05-18T03:33:21.000Z' });
    assert.deepEqual(recognise(hex(`01 ${expires} ${at}`)), { ...marker, prefix: 'f:', endedAt: time });
    assert.deepEqual(recognise(hex(`01 ${expires} ${at} ${'00'.repeat(32)}`)), { ...marker, prefix: 'r:', until: time, spares: false });
    assert.deepEqual(recognise(hex(`01 ${expires} ${at} ${'0a'.repeat(32)}`)), { ...marker, prefix: 'r:', until: time, spares: true });
    assert.equal(recognise(hex(`01 ${'ff'.repeat(20)}`)).kind, 'marker');
  });

  it('knows a receipt, and repeats nothing of one that nobody verified', async () => {
    const all = sessions({ keys, store: memoryStore() });
    const { receipt } = await all.user('ada').erase();
    assert.deepEqual(recogniseText(receipt), { kind: 'receipt', wellFormed: true });
    assert.deepEqual(recogniseText(receipt.slice(0, -1)), { kind: 'receipt', wellFormed: false });
    assert.equal((await call(['inspect', receipt])).out, 'the receipt of an erasure');
  });

  it('repeats no secret', async () => {
    const id = generateSessionId();
    const uuid = '5e551000-0000-4000-8000-000000000001';
    const root = keys.split(',')[1] ?? '';
    for (const [value, secret] of [[keys, root], [root, root], [root.toUpperCase(), root], [`SESSION_KEYS=${keys}`, root], [id, id], [`sst_${id}`, id], [uuid, uuid]] as const) {
      for (const args of [['inspect', value], ['inspect', '--json', value]]) {
        const { code, out, notes } = await call(args);
        assert.equal(code, 1);
        assert.match(`${out}${notes}`, /secret/);
        assert.ok(!`${out}${notes}`.toLowerCase().includes(secret.slice(5, 20).toLowerCase()), value.slice(0, 5));
      }
    }
  });

  it('has an answer to any bytes', async () => {
    const envelope = sealer.sealBytes(new Uint8Array(40_000), { purpose: 'a', expiresAt });
    const pieces = [0, 1, 8, 64, 81, 82, 65 + 16_400, 65 + 16_400 + 15].map((length) => envelope.subarray(0, length));
    const others = [Uint8Array.of(0xff), Uint8Array.of(1), new Uint8Array(45).fill(1), Buffer.from('{'), Buffer.from('{}'), Buffer.from('{"sealed":1}'), Buffer.from('a'), Buffer.from('srt1_')];
    for (const bytes of [...pieces, ...others]) assert.ok(recognise(bytes).kind.length > 0);
    for (const short of [pieces[3], pieces[6], pieces[7]]) assert.equal(recognise(short ?? assert.fail()).kind, 'unknown');
    assert.equal((await call(['inspect'])).code, 2);
    assert.equal((await call(['inspect', 'a', 'b'])).code, 2);
    assert.equal((await call(['inspect', 'nothing of ours'])).code, 1);
  });

  it('recognises every envelope of the vectors that opens', () => {
    const path = new URL('../../../../tests/vectors/envelope.json', import.meta.url);
    const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: Vector[] };
    const opening = vectors.filter(({ expect }) => expect === 'opens');
    assert.ok(opening.length > 10);
    for (const { name, envelope, envelope_text: text, key_id: keyId, padded_length: paddedLength, version, expires_at: at } of opening) {
      const found = envelope === undefined ? recogniseText(text ?? '') : recognise(Uint8Array.from(Buffer.from(envelope, 'hex')));
      assert.ok(found.kind === 'envelope', name);
      if (envelope === undefined) continue;
      const expected = { keyId, paddedLength, version, expiresAt: new Date(at * 1000).toISOString() };
      assert.deepEqual({ ...found, ...expected }, found, name);
    }
  });
});

interface Vector {
  name: string;
  expect: string;
  envelope?: string;
  envelope_text?: string;
  key_id: string;
  padded_length: number;
  version: string;
  expires_at: number;
}
