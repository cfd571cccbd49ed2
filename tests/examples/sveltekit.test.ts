/** SvelteKit's own cookies carry a sealed one. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

import { Browser } from '../support/browser.ts'
import { node, Server } from '../support/server.ts'

const root = join(import.meta.dirname, '../..')
const vite = join(root, 'node_modules/vite/bin/vite.js')
const ORIGIN = 'https://kit.example'
execFileSync(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: join(root, 'examples/sveltekit'), env: { ...process.env, ORIGIN } })
const app = await Server.start(node('examples/sveltekit/build/index.js'), { SESSION_KEYS: generateKeys(), HOST: '127.0.0.1' })
after(() => app.stop())

const submit = async (browser: Browser, action: string, form: Record<string, string> = {}): Promise<Response> =>
  browser.fetch(`/?/${action}`, { method: 'POST', headers: { Origin: ORIGIN, Accept: 'text/html' }, body: new URLSearchParams(form) })

describe('examples/sveltekit', () => {
  it('knows who came back, by a cookie that shows nothing', async () => {
    const browser = new Browser(app.url)
    assert.match(await browser.text('/'), /Who are you\?/)
    const raw = await fetch(`${app.url}/?/login`, { method: 'POST', headers: { Origin: ORIGIN, Accept: 'text/html' }, body: new URLSearchParams({ name: 'Ada' }) })
    const [line = '', ...others] = raw.headers.getSetCookie()
    assert.deepEqual(others, [])
    assert.match(line, /^me=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/)
    await submit(browser, 'login', { name: 'Ada' })
    assert.ok(!Buffer.from(browser.cookies.get('me') ?? '', 'base64url').includes('Ada'))
    for (const visit of [2, 3]) assert.match(await browser.text('/'), new RegExp(`Hello Ada, visit ${visit}`))
  })

  it('takes no altered cookie, and forgets', async () => {
    const browser = new Browser(app.url)
    await submit(browser, 'login', { name: 'Ada' })
    const mallory = browser.copy()
    mallory.cookies.set('me', `${mallory.cookies.get('me')?.slice(0, -4)}AAAA`)
    assert.match(await mallory.text('/'), /Who are you\?/)
    await submit(browser, 'logout')
    assert.equal(browser.cookies.size, 0)
    assert.match(await browser.text('/'), /Who are you\?/)
  })
})
