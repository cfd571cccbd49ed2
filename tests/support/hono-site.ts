/** A site on Hono whose pages use a session, and whose store is watched. */

import { type Context, Hono } from 'hono';
import { LinearRouter } from 'hono/router/linear-router';

import { type RequestSession, sealedSession, type SealedSessionOptions } from '../../pkg/src/adapters/hono/index.ts';
import { generateKeys } from '../../pkg/src/keys.ts';
import { sessions } from '../../pkg/src/sessions.ts';
import type { Store } from '../../pkg/src/store.ts';
import { memoryStore } from '../../pkg/src/stores/memory.ts';
import type { Sessions } from '../../pkg/src/types.ts';

export interface Data {
  visits?: number;
  cart?: string[];
  note?: string | null;
}

/** A handler's context on the site. */
export type C = Context<{ Variables: { session: RequestSession<Data> } }>;

/** A site over a store whose calls are counted, and which can be down. */
export function site(options: SealedSessionOptions = {}) {
  const calls: string[] = [];
  let isDown = false;
  const inner = memoryStore();
  const counted =
    <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls.push(name);
      if (isDown) throw new Error('connection refused');
      return call(...args);
    };
  const backing: Store = {
    promises: inner.promises,
    get: counted('get', async (...args: Parameters<Store['get']>) => inner.get(...args)),
    apply: counted('apply', async (...args: Parameters<Store['apply']>) => inner.apply(...args)),
    list: counted('list', async (...args: Parameters<Store['list']>) => inner.list(...args)),
  };
  const store = sessions<Data>({ keys: generateKeys(), store: backing });
  const app = pages(store, options);
  const get = async (path: string, id?: string, headers: Record<string, string> = {}) =>
    app.request(path, { headers: id === undefined ? headers : { ...headers, Cookie: `__Host-session=${id}` } });
  return { app, get, store, calls, fail: (down: boolean) => void (isDown = down) };
}

export function pages(store: Sessions<Data>, options: SealedSessionOptions = {}) {
  // The default router takes no route once it has routed.
  return new Hono({ router: new LinearRouter() })
    .use(sealedSession(store, options))
    .get('/visit', async (c) => {
      const visits = ((await c.var.session.get())?.visits ?? 0) + 1;
      c.var.session.set({ visits });
      return c.text(String(visits));
    })
    .get('/data', async (c) => c.json((await c.var.session.get()) ?? null))
    .get('/info', async (c) => {
      const info = await c.var.session.info();
      return c.json({ user: info?.user, label: info?.label });
    })
    .get('/login', async (c) => {
      await c.var.session.regenerate({ user: 'ada', data: { cart: [] } });
      return c.text('in');
    })
    .get('/logout', async (c) => c.json(await c.var.session.end()));
}

export async function visited(app: ReturnType<typeof pages>): Promise<string> {
  return cookieOf(await app.request('/visit'));
}

export async function read(get: (path: string, id: string) => Promise<Response>, id: string): Promise<unknown> {
  return (await get('/data', id)).json();
}

export function cookieOf(answer: Response): string {
  const [, id = ''] = /^__Host-session=([^;]*)/m.exec(answer.headers.getSetCookie().join('\n')) ?? [];
  return id;
}
