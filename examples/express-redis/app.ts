// express-session over Redis, sealed: who copies Redis reads no session.
//
//   redis-server &                                       (or REDIS_URL for another one)
//   export SESSION_KEYS=$(npx sealed-session keygen)
//   COOKIE_SECRET=some-long-secret node examples/express-redis/app.ts
//   curl -c jar -b jar http://127.0.0.1:3000/            (and again)
//   redis-cli --scan, redis-cli get sess:…               (a handle, and { cookie, sealed })
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';
import { sealed } from 'sealed-session/express';

declare module 'express-session' {
  interface SessionData {
    views?: number;
  }
}

const { SESSION_KEYS, COOKIE_SECRET = '', REDIS_URL = 'redis://127.0.0.1:6379', PORT = '3000' } = process.env;
if (COOKIE_SECRET === '') throw new Error('Set COOKIE_SECRET');

const client = await createClient({ url: REDIS_URL }).connect();
const app = express();

app.use(
  session({
    store: sealed(new RedisStore({ client }), { keys: SESSION_KEYS }),
    secret: COOKIE_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 24 * 60 * 60 * 1000, sameSite: 'lax', secure: 'auto' },
  }),
);

app.get('/', (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1;
  res.json({ views: req.session.views });
});

app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`));
