// Hono on Cloudflare Workers, with the sessions in a KV namespace of the Worker's own: no other service.
//
//   cd examples/hono-workers
//   echo "SESSION_KEYS=$(npx sealed-session keygen)" > .dev.vars
//   npx wrangler dev
//   curl -c jar -b jar http://localhost:8787/            (counts)
//   curl -c jar -b jar -d user=ann http://localhost:8787/login
//
// KV shows a write everywhere within a minute: a session ended here may be served elsewhere for that long.
import { type Context, Hono } from 'hono';
import { kvStore, sessions, type KVNamespaceLike } from 'sealed-session';
import { sealedSession } from 'sealed-session/hono';

interface Env {
  Bindings: { SESSION_KEYS: string; SESSIONS: KVNamespaceLike };
}

interface Visitor {
  visits: number;
}

const app = new Hono<Env>().use(
  sealedSession((c: Context<Env>) => sessions<Visitor>({ keys: c.env.SESSION_KEYS, store: kvStore(c.env.SESSIONS) })),
);

app.get('/', async (c) => {
  const visits = ((await c.var.session.get())?.visits ?? 0) + 1;
  c.var.session.set({ visits });
  return c.text(`visit ${visits}\n`);
});

app.get('/me', async (c) => {
  const info = await c.var.session.info();
  return info?.user === undefined ? c.text('nobody\n', 401) : c.text(`${info.user}\n`);
});

app.post('/login', async (c) => {
  const { user } = await c.req.parseBody();
  // Whoever you are: a real site checks a password here.
  if (typeof user !== 'string' || user === '') return c.text('who?\n', 400);
  await c.var.session.regenerate({ user });
  return c.text(`hello, ${user}\n`);
});

app.post('/logout', async (c) => {
  const { revocationBound } = await c.var.session.end();
  return c.text(`gone everywhere within ${revocationBound} seconds\n`);
});

export default app;
