// Fastify with @fastify/session, sealed: the store that you have sees handles and envelopes, and no session.
//
//   export SESSION_KEYS=$(npx sealed-session keygen)
//   COOKIE_SECRET=some-secret-of-32-characters-and-more node examples/fastify/app.ts
//   curl -c jar -b jar http://127.0.0.1:3000/                       (and again)
//   curl -c jar -b jar -X POST http://127.0.0.1:3000/login/ann      (who says so is ann: an example)
//   curl http://127.0.0.1:3000/store                                (all that the store holds)
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import fastify from 'fastify';
import { sealed } from 'sealed-session/fastify';

declare module 'fastify' {
  interface Session {
    views?: number;
    user?: string;
  }
}

const { SESSION_KEYS, COOKIE_SECRET = '', PORT = '3000' } = process.env;
if (COOKIE_SECRET.length < 32) throw new Error('Set COOKIE_SECRET to 32 characters or more');

/** Any store for @fastify/session or express-session; this one forgets with the process. */
const held = new Map<string, unknown>();
const store = {
  get: (id: string, callback: (error: unknown, session?: unknown) => void) => callback(null, held.get(id)),
  set: (id: string, session: object, callback: (error?: unknown) => void) => callback(void held.set(id, structuredClone(session))),
  destroy: (id: string, callback: (error?: unknown) => void) => callback(void held.delete(id)),
};

const app = fastify();
await app.register(fastifyCookie);
await app.register(fastifySession, {
  store: sealed(store, { keys: SESSION_KEYS }),
  secret: COOKIE_SECRET,
  saveUninitialized: false,
  cookie: { maxAge: 24 * 60 * 60 * 1000, sameSite: 'lax', secure: 'auto' },
});

app.get('/', async ({ session }) => ({ views: (session.views = (session.views ?? 0) + 1) }));
app.get('/me', async ({ session }) => ({ user: session.user ?? null }));
app.get('/store', async () => [...held]);

app.post<{ Params: { user: string } }>('/login/:user', async (request) => {
  await request.session.regenerate(['views']);
  // Behind that it is another object.
  request.session.user = request.params.user;
  return { user: request.params.user };
});

app.post('/logout', async ({ session }) => {
  await session.destroy();
  return { user: null };
});

console.log(`listening on ${await app.listen({ port: Number(PORT), host: '127.0.0.1' })}`);
