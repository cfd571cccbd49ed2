// express against the sealed-session Worker: many servers, one place for sessions, and no keys here.
//
//   make start                                           (in the checkout: the Worker, and a token for it)
//   export SESSIONS_URL=http://127.0.0.1:8787 SESSIONS_TOKEN=sst_…
//   COOKIE_SECRET=some-long-secret node examples/express-worker/app.ts
//   curl -c jar -b jar http://127.0.0.1:3000/            (and again, also of a second server on another PORT)
import express from 'express';
import session from 'express-session';
import { remoteSessions } from 'sealed-session';
import { SealedStore } from 'sealed-session/express';

declare module 'express-session' {
  interface SessionData {
    views?: number;
    name?: string;
  }
}

const { SESSIONS_URL = 'http://127.0.0.1:8787', SESSIONS_TOKEN, COOKIE_SECRET = '', PORT = '3000' } = process.env;
if (COOKIE_SECRET === '') throw new Error('Set COOKIE_SECRET');

const app = express();

app.use(
  session({
    store: new SealedStore(remoteSessions({ url: SESSIONS_URL, token: SESSIONS_TOKEN }), { user: ({ name }) => name }),
    secret: COOKIE_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 24 * 60 * 60 * 1000, sameSite: 'lax', secure: 'auto' },
  }),
);

app.get('/', (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1;
  res.json({ views: req.session.views, name: req.session.name });
});

// Whoever says who they are is believed here; see examples/express-counter for a login.
app.post('/name/:name', (req, res, next) => {
  req.session.regenerate((error: unknown) => {
    if (error) return next(error);
    req.session.name = req.params.name;
    res.json({ name: req.params.name });
  });
});

app.post('/logout', (req, res, next) => {
  req.session.destroy((error: unknown) => (error ? next(error) : res.json({ name: null })));
});

app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`));
