// Koa with koa-session over the session rules: a counter, a login under a new ID, and logout everywhere.
//
//   export SESSION_KEYS=$(npx sealed-session keygen)
//   COOKIE_SECRET=some-long-secret node examples/koa/app.ts
//   curl -c jar -b jar http://127.0.0.1:3000/                       (and again)
//   curl -c jar -b jar -X POST http://127.0.0.1:3000/login/ann      (who says so is ann: an example)
//   curl -c jar -b jar -X POST http://127.0.0.1:3000/logout-everywhere
import Koa, { type Context } from 'koa';
import session from 'koa-session';
import { memoryStore, sessions } from 'sealed-session';
import { SealedStore } from 'sealed-session/koa';

interface Visitor {
  views?: number;
  user?: string;
}

const { SESSION_KEYS, COOKIE_SECRET = '', PORT = '3000' } = process.env;
if (COOKIE_SECRET === '') throw new Error('Set COOKIE_SECRET');

const all = sessions<Visitor>({ keys: SESSION_KEYS, store: memoryStore() });
const app = new Koa();
app.keys = [COOKIE_SECRET];
app.use(session({ store: new SealedStore(all, { user: ({ user }) => user }), maxAge: 24 * 60 * 60 * 1000, sameSite: 'lax' }, app));

const routes: Record<string, (ctx: Context, argument: string) => Promise<object> | object> = {
  'GET /': (ctx) => {
    ctx['session'].views = (ctx['session'].views ?? 0) + 1;
    return { views: ctx['session'].views };
  },
  'GET /me': async (ctx) => {
    const { user } = ctx['session'];
    return { user, sessions: user === undefined ? 0 : (await all.user(user).list()).sessions.length };
  },
  'POST /login/': async (ctx, user) => {
    ctx['session'].user = user;
    await ctx['session'].regenerate();
    return { user };
  },
  'POST /logout': (ctx) => {
    ctx['session'] = null;
    return { user: null };
  },
  'POST /logout-everywhere': async (ctx) => {
    const { ended } = await all.user(ctx['session'].user).revokeAll();
    ctx['session'] = null;
    return { ended };
  },
};

app.use(async (ctx) => {
  const [, path = '', argument = ''] = /^(\/login\/|.*)(.*)$/.exec(ctx.path) ?? [];
  const route = routes[`${ctx.method} ${path}`];
  if (route !== undefined) ctx.body = await route(ctx, argument);
});

app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`));
