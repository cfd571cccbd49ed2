/** The express app that stores for express-session are tested with. */

import express, { type Express } from 'express'
import session, { type SessionOptions, type Store } from 'express-session'

declare module 'express-session' {
  interface SessionData {
    views?: number
    user?: string
    uploads?: string[]
    [field: string]: unknown
  }
}

export const COOKIE_SECRET = 'the cookie secret of these tests'

export function expressApp(store: Store, options: Partial<SessionOptions> = {}): Express {
  const app = express()
  // Else express prints each error that a test is about.
  app.set('env', 'test')
  app.use(session({ store, secret: COOKIE_SECRET, resave: false, saveUninitialized: false, ...options }))

  app.get('/', (req, res) => {
    req.session.views = (req.session.views ?? 0) + 1
    res.send(String(req.session.views))
  })
  app.get('/me', (req, res) => {
    res.send(req.session.user ?? 'nobody')
  })
  app.post('/login/:user', (req, res, next) => {
    req.session.regenerate((error: unknown) => {
      if (error) return next(error)
      req.session.user = req.params.user
      res.send('welcome')
    })
  })
  app.post('/logout', (req, res, next) => {
    req.session.destroy((error: unknown) => (error ? next(error) : res.send('bye')))
  })
  return app
}

/** The ID in express-session's cookie. */
export function sidOf(cookie: string | undefined): string {
  const [, sid = ''] = /^s:([^.]+)\./.exec(decodeURIComponent(cookie ?? '')) ?? []
  return sid
}
