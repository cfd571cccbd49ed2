/** What `tsc` must make of the adapter; there is nothing to run. */

import fastifySession from '@fastify/session';
import type { FastifySessionOptions } from '@fastify/session';
import { RedisStore } from 'connect-redis';
import { expectTypeOf } from 'expect-type';
import session, { MemoryStore, type SessionData, type SessionOptions, Store } from 'express-session';
import memorystore from 'memorystore';

import type { Sessions } from '../../types.ts';
import { sealed, SealedStore, type WrappedStore } from './index.ts';

const options = { keys: process.env['SESSION_KEYS'] };
type ExpressStore = NonNullable<SessionOptions['store']>;
type FastifyStore = NonNullable<FastifySessionOptions['store']>;

// Never called: its types are all there is to see.
export function types(client: unknown, plain: Sessions<Record<string, unknown>>, own: Sessions<{ cart: string[] }>): void {
  const redis = sealed(new RedisStore({ client }), options);
  expectTypeOf(redis).toExtend<ExpressStore>();
  expectTypeOf(redis).toExtend<FastifyStore>();
  const memory = sealed(new MemoryStore(), options);
  expectTypeOf(memory).toEqualTypeOf<WrappedStore<SessionData>>();
  expectTypeOf(memory).toExtend<ExpressStore>();
  expectTypeOf(sealed(new (memorystore(session))({}), options)).toExtend<ExpressStore>();
  expectTypeOf(sealed(new fastifySession.MemoryStore(), options)).toExtend<FastifyStore>();
  expectTypeOf(redis).not.toHaveProperty('all');
  // @ts-expect-error -- keys must be named, though they may be missing in the environment.
  sealed(new MemoryStore(), {});

  expectTypeOf(new SealedStore(plain)).toExtend<Store>();
  const ofOwn = new SealedStore(own, {
    user: (session) => {
      expectTypeOf(session.cart).toEqualTypeOf<string[]>();
      expectTypeOf(session.cookie).toEqualTypeOf<SessionData['cookie']>();
      return undefined;
    },
  });
  expectTypeOf(ofOwn).toExtend<ExpressStore>();
  const make = (wrong: () => unknown) => expectTypeOf(wrong).toBeFunction();
  // @ts-expect-error -- a user is text.
  make(() => new SealedStore(plain, { user: () => 7 }));
  // @ts-expect-error -- no unit of time.
  make(() => new SealedStore(plain, { ttl: '7w' }));
}
