// Types are promises, too.
import { describe, it } from 'node:test';

import { expectTypeOf } from 'expect-type';

import type { ErrorCode, MergePatch, Session, Sessions } from './index.ts';
import { memoryStore, remoteSessions, SealedSessionError, sessions } from './index.ts';

interface Me {
  name: string;
  cart: { sku: string; count: number }[];
  settings?: { theme: 'dark' | 'light' };
}

describe('types', () => {
  it('carry the data from where sessions are made to where they are read', () => {
    const make = () => sessions<Me>({ keys: process.env['SESSION_KEYS'], store: memoryStore() });
    expectTypeOf(make).returns.toEqualTypeOf<Sessions<Me>>();
    expectTypeOf<typeof remoteSessions<Me>>().returns.toEqualTypeOf<Sessions<Me>>();
    expectTypeOf<Awaited<ReturnType<Sessions<Me>['read']>>>().toEqualTypeOf<Session<Me> | undefined>();
    expectTypeOf<Session<Me>['data']>().toEqualTypeOf<Me>();
  });

  it('know what a merge patch may say', () => {
    expectTypeOf<{ name: string }>().toExtend<MergePatch<Me>>();
    expectTypeOf<{ settings: null }>().toExtend<MergePatch<Me>>();
    expectTypeOf<{ settings: { theme: 'dark' } }>().toExtend<MergePatch<Me>>();
    expectTypeOf<{ cart: [] }>().toExtend<MergePatch<Me>>();
    expectTypeOf<{ name: number }>().not.toExtend<MergePatch<Me>>();
    expectTypeOf<{ cart: { sku: 1 }[] }>().not.toExtend<MergePatch<Me>>();
  });

  it('narrow errors by their code', () => {
    const error = new SealedSessionError('version_conflict');
    expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
    expectTypeOf<'no_such_code'>().not.toExtend<ErrorCode>();
  });
});
