// Login with passport-local over the session rules: a new ID at every login, all of a user's sessions, logout everywhere.
//
//   export SESSION_KEYS=$(npx sealed-session keygen)
//   COOKIE_SECRET=some-long-secret ANN_PASSWORD=… node examples/express-counter/app.ts
//   curl -c jar -b jar http://127.0.0.1:3000/            (counts)
//   curl -c jar -b jar -d username=ann -d password=… http://127.0.0.1:3000/login
//   curl -b jar http://127.0.0.1:3000/me
//   curl -c jar -b jar -X POST http://127.0.0.1:3000/logout    (or /logout-everywhere)
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy as LocalStrategy } from 'passport-local';
import { memoryStore, sessions } from 'sealed-session';
import { SealedStore } from 'sealed-session/express';

declare global {
  namespace Express {
    interface User {
      name: string;
    }
  }
}

declare module 'express-session' {
  interface SessionData {
    views?: number;
    /** Passport's. */
    passport?: { user?: string };
  }
}

const { SESSION_KEYS, COOKIE_SECRET = '', ANN_PASSWORD = '', PORT = '3000' } = process.env;
if (COOKIE_SECRET === '' || ANN_PASSWORD === '') throw new Error('Set COOKIE_SECRET and ANN_PASSWORD');

const salt = randomBytes(16);
const hash = (password: string) => scryptSync(password, salt, 32);
const users = new Map([['ann', hash(ANN_PASSWORD)]]);

passport.use(
  new LocalStrategy((name, password, done) => {
    // Hashed also for a name that is nobody's: how long it takes shall not tell which names are.
    const [given, known] = [hash(password), users.get(name)];
    done(null, known && timingSafeEqual(known, given) ? { name } : false);
  }),
);
passport.serializeUser<string>(({ name }, done) => done(null, name));
passport.deserializeUser<string>((name, done) => done(null, users.has(name) ? { name } : false));

// One process, and sessions end with it; with kvStore, unstorageStore or a store of yours they do not.
const allSessions = sessions({ keys: SESSION_KEYS, store: memoryStore(), idle: '2h' });
const app = express();

app.use(
  session({
    store: new SealedStore(allSessions, { user: ({ passport }) => passport?.user }),
    secret: COOKIE_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax', secure: 'auto' },
  }),
);
app.use(passport.authenticate('session'));
app.use(express.urlencoded());

app.get('/', (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1;
  res.json({ views: req.session.views });
});

// Passport regenerates the session: an ID from before the login, which somebody else may know, is worth nothing after it.
app.post('/login', passport.authenticate('local'), (req, res) => {
  res.json({ user: req.user?.name });
});

app.get('/me', async (req, res) => {
  if (!req.user) return void res.status(401).json({ error: 'nobody' });
  const { name } = req.user;
  const page = await allSessions.user(name).list();
  const here = allSessions.handle(req.sessionID);
  res.json({ user: name, sessions: page.sessions.map(({ handle, createdAt }) => ({ createdAt, isThisOne: handle === here })) });
});

app.post('/logout', (req, res, next) => {
  req.logout((error: unknown) => (error ? next(error) : res.json({ user: null })));
});

app.post('/logout-everywhere', async (req, res) => {
  if (!req.user) return void res.status(401).json({ error: 'nobody' });
  const { ended } = await allSessions.user(req.user.name).revokeAll();
  res.json({ ended });
});

app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`));
