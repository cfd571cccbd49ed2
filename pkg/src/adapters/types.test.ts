// Types are promises, too.
import { describe, it } from 'node:test';

import type { RedisStore } from 'connect-redis';
import { expectTypeOf } from 'expect-type';
import { type Context, Hono } from 'hono';
import type { Driver } from 'unstorage';

import type { Sessions } from '../types.ts';
import type { CookieJar, SealedCookie, sealedCookie } from './cookie/index.ts';
import { type RequestSession, sealedSession, type SessionEnv } from './hono/index.ts';
import type { sealedSerializer } from './serializer.ts';
import type { sealedDriver } from './unstorage.ts';

interface Me {
  name: string;
}

describe('types', () => {
  it('carry the data from a cookie’s maker to its readers', () => {
    expectTypeOf<ReturnType<typeof sealedCookie<Me>>>().toEqualTypeOf<SealedCookie<Me>>();
    expectTypeOf<ReturnType<SealedCookie<Me>['read']>>().toEqualTypeOf<Me | undefined>();
    expectTypeOf<SealedCookie<Me>['write']>().parameters.toEqualTypeOf<[Headers, Me]>();
    expectTypeOf<Awaited<ReturnType<ReturnType<SealedCookie<Me>['jar']>['read']>>>().toEqualTypeOf<Me | undefined>();
  });

  it('take the cookies of Next, SvelteKit and Astro', () => {
    expectTypeOf<NextCookies>().toExtend<CookieJar>();
    expectTypeOf<SvelteKitCookies>().toExtend<CookieJar>();
    expectTypeOf<AstroCookies>().toExtend<CookieJar>();
    expectTypeOf<Map<string, Date>>().not.toExtend<CookieJar>();
  });

  it('carry the data from sessions to Hono’s handlers', () => {
    const chained = (sessions: Sessions<Me>) =>
      new Hono().use(sealedSession(sessions)).get('/', async (c) => {
        expectTypeOf(c.var.session).toEqualTypeOf<RequestSession<Me>>();
        expectTypeOf(await c.var.session.get()).toEqualTypeOf<Me | undefined>();
        expectTypeOf(c.var.session).toHaveProperty('set').parameters.toEqualTypeOf<[Me]>();
        return c.body(null);
      });
    const apart = (sessions: Sessions<Me>) => {
      const app = new Hono<SessionEnv<Me>>();
      app.use(sealedSession(sessions));
      app.get('/', (c) => {
        expectTypeOf(c.get('session')).toEqualTypeOf<RequestSession<Me>>();
        return c.body(null);
      });
    };
    expectTypeOf(chained).toBeFunction();
    expectTypeOf(apart).toBeFunction();
  });

  it('know a Worker’s bindings where sessions are made of them', () => {
    interface Bindings {
      SESSION_KEYS: string;
    }
    const app = (make: (keys: string) => Sessions<Me>) =>
      new Hono<{ Bindings: Bindings }>()
        .use(
          sealedSession((c: Context<{ Bindings: Bindings }>) => {
            expectTypeOf(c.env).toEqualTypeOf<Bindings>();
            return make(c.env.SESSION_KEYS);
          }),
        )
        .get('/', async (c) => {
          expectTypeOf(c.env).toEqualTypeOf<Bindings>();
          expectTypeOf(await c.var.session.get()).toEqualTypeOf<Me | undefined>();
          return c.body(null);
        });
    expectTypeOf(app).toBeFunction();
  });

  it('fit a store’s serializer and unstorage’s drivers', () => {
    expectTypeOf<ReturnType<typeof sealedSerializer<any>>>().toExtend<RedisStore['serializer']>();
    expectTypeOf<ReturnType<ReturnType<typeof sealedSerializer<Me>>['parse']>>().toEqualTypeOf<Me | null>();
    expectTypeOf<ReturnType<typeof sealedDriver>>().toEqualTypeOf<Driver>();
  });
});

// The parts of the frameworks' own declarations that matter here.

interface NextCookies {
  get(...args: [name: string] | [{ name: string }]): { name: string; value: string } | undefined;
  set(...args: [key: string, value: string, cookie?: NextCookie] | [options: { name: string; value: string } & NextCookie]): this;
  delete(...args: [key: string] | [{ name: string }]): this;
}

interface NextCookie {
  expires?: Date | number;
  maxAge?: number;
  domain?: string;
  path?: string;
  secure?: boolean;
  httpOnly?: boolean;
  sameSite?: true | false | 'lax' | 'strict' | 'none';
  partitioned?: boolean;
}

interface SvelteKitCookies {
  get(name: string, options?: { decode?: (value: string) => string }): string | undefined;
  set(name: string, value: string, options: Omit<NextCookie, 'path'> & { path: string }): void;
  delete(name: string, options: { path: string }): void;
}

interface AstroCookies {
  get(key: string, options?: object): { value: string; json(): unknown } | undefined;
  set(key: string, value: string | Record<string, unknown>, options?: Omit<NextCookie, 'sameSite'> & { sameSite?: boolean | 'lax' | 'none' | 'strict' }): void;
  delete(key: string, options?: object): void;
}
