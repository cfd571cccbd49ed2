/** A smoke test of what people run: `wrangler dev`, with the project's own wrangler.toml. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Lines } from './harness/lines.ts'
import { judge } from './support/contract.ts'
import { newLookupKey, newRootKey, newToken, tokenLine } from './support/deployment.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
for (const store of ['kv', 'durable']) {
  describe(`wrangler dev, STORE=${store}`, () => smoke(store))
}

function smoke(store: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'sealed-session-wrangler-'))
  const token = newToken()
  const lines = new Lines()
  let wrangler: ChildProcess
  let url = ''

  before(async () => {
    const secrets = join(directory, 'secrets')
    const keys = `${newLookupKey()},${newRootKey()}`
    writeFileSync(secrets, `SESSION_KEYS="${keys}"\nAPI_TOKENS="${tokenLine(token)}"\n`, { mode: 0o600 })
    const options = ['--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0', '--show-interactive-dev-session=false']
    const paths = ['--persist-to', join(directory, 'state'), '--env-file', secrets, '--var', `STORE:${store}`]
    wrangler = spawn(
      process.execPath,
      [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), 'dev', ...options, ...paths],
      {
        cwd: ROOT,
        // A group of its own, so that nothing of it can stay behind.
        detached: true,
        env: {
          ...process.env,
          CI: '1',
          NO_COLOR: '1',
          WRANGLER_SEND_METRICS: 'false',
          CLOUDFLARE_CF_FETCH_ENABLED: 'false',
          // As in scripts/start.mjs: wrangler's own traces would hold what the Worker never writes down.
          X_LOCAL_OBSERVABILITY: 'false',
          X_LOCAL_EXPLORER: 'false',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    for (const stream of [wrangler.stdout, wrangler.stderr]) if (stream) lines.follow(stream)
    const ready = await lines.find((line) => /Ready on http/u.test(line), { timeoutMs: 120_000 })
    url = /https?:\/\/\S+/u.exec(ready)?.[0] ?? ''
  })

  after(() => {
    endGroup('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })

  let id = ''

  it('creates a session', async () => {
    const { status, body } = await call('POST', '/v1/sessions', {
      data: { cart: ['a distinctive payload'] },
      user: 'ada-of-wrangler',
    })
    assert.equal(status, 201)
    id = String(body['id'])
  })

  it('reads it back', async () => {
    const { status, body } = await call('GET', '/v1/session')
    assert.equal(status, 200)
    assert.deepEqual([body['data'], body['user']], [{ cart: ['a distinctive payload'] }, 'ada-of-wrangler'])
  })

  it('ends another one', async () => {
    const kept = id
    const { body } = await call('POST', '/v1/sessions', {})
    id = String(body['id'])
    assert.equal((await call('DELETE', '/v1/session')).status, 204)
    assert.equal((await call('GET', '/v1/session')).status, 404)
    id = kept
  })

  it('stops when it is told to, and leaves nobody behind', async () => {
    const ended = once(wrangler, 'exit')
    endGroup('SIGTERM')
    await ended
    await assert.rejects(fetch(url))
  })

  it('has stored nothing that can be read', () => {
    const files = readdirSync(join(directory, 'state'), { recursive: true, withFileTypes: true })
    const contents = files.filter((file) => file.isFile()).map((file) => readFileSync(join(file.parentPath, file.name)))
    assert.ok(
      contents.some((bytes) => bytes.includes('s:')),
      'the store is elsewhere',
    )
    for (const word of ['a distinctive payload', 'ada-of-wrangler', id, token]) {
      assert.ok(!contents.some((bytes) => bytes.includes(word)), word)
    }
    assert.ok(!lines.all.some((line) => line.includes(id) || line.includes(token)))
  })

  async function call(
    method: string,
    path: string,
    sent?: object,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const headers: Record<string, string> = { Authorization: `Bearer ${token}` }
    if (path === '/v1/session') headers['Session-Id'] = id
    if (sent) headers['Content-Type'] = 'application/json'
    const response = await fetch(new URL(path, url), { method, headers, body: sent ? JSON.stringify(sent) : null })
    const text = await response.text()
    judge({ method, path, sent, status: response.status, headers: response.headers, text })
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
  }

  function endGroup(signal: NodeJS.Signals): void {
    try {
      if (wrangler.pid !== undefined) process.kill(-wrangler.pid, signal)
    } catch {
      // Nobody is left.
    }
  }
}
