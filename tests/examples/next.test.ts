/** Next's own cookies carry a sealed one. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

import { Browser } from '../support/browser.ts'
import { Server } from '../support/server.ts'

const root = join(import.meta.dirname, '../..')
const next = join(root, 'node_modules/next/dist/bin/next')
const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }
execFileSync(process.execPath, [next, 'build'], { cwd: join(root, 'examples/next'), env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
const app = await Server.start(
  (port) => [process.execPath, next, 'start', 'examples/next', '--hostname', '127.0.0.1', '--port', String(port)],
  { SESSION_KEYS: generateKeys(), ...env },
)
after(() => app.stop())

describe('examples/next', () => {
  it('knows who came back, by a cookie that shows nothing', async () => {
    const raw = await fetch(`${app.url}/login`, { method: 'POST', body: new URLSearchParams({ name: 'Ada' }), redirect: 'manual' })
    const [line = '', ...others] = raw.headers.getSetCookie()
    assert.deepEqual(others, [])
    assert.match(line, /^me=[\w-]+; Path=\/; HttpOnly; SameSite=lax$/)

    const browser = new Browser(app.url)
    assert.match(await browser.text('/'), /Who are you\?/)
    await browser.post('/login', { name: 'Ada' })
    assert.ok(!Buffer.from(browser.cookies.get('me') ?? '', 'base64url').includes('Ada'))
    for (let visits = 0; visits < 2; visits++) assert.match(await browser.text('/'), /Hello Ada/)
  })

  it('takes no altered cookie, and forgets', async () => {
    const browser = new Browser(app.url)
    await browser.post('/login', { name: 'Ada' })
    const mallory = browser.copy()
    mallory.cookies.set('me', `${mallory.cookies.get('me')?.slice(0, -4)}AAAA`)
    assert.match(await mallory.text('/'), /Who are you\?/)
    await browser.post('/logout')
    assert.equal(browser.cookies.size, 0)
    assert.match(await browser.text('/'), /Who are you\?/)
  })
})
