/** `sealed-session import` from a server that speaks v1 as Databunker does, into the Worker over both its stores. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { remoteSessions } from 'sealed-session'

import { Deployment, type StoreKind, newToken } from '../e2e/support/deployment.ts'
import { type Called, call } from '../support/command-line.ts'
import { DatabunkerServer, type Row } from '../support/databunker-server.ts'

const now = (): number => Math.floor(Date.now() / 1000)

/** A session that lives `lasts` seconds, written `ago` seconds ago. */
function row(data: Record<string, unknown> = {}, { ago = 0, lasts = 3600 } = {}): Row {
  const when = now() - ago
  return { session: randomUUID(), when, data, endtime: when + lasts }
}

for (const store of ['kv', 'durable'] satisfies StoreKind[]) {
  describe(`import from Databunker, over ${store}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'sealed-session-'))
    let [deployment, bunker, number]: [Deployment, DatabunkerServer, number] = [undefined!, undefined!, 0]
    before(async () => {
      deployment = await Deployment.start({ store })
    })
    after(async () => {
      await deployment.stop()
      rmSync(directory, { recursive: true })
    })
    beforeEach(async () => {
      bunker = await DatabunkerServer.start()
      number++
    })
    afterEach(() => bunker.stop())
    const sessions = () => remoteSessions({ url: deployment.stack.url(), token: deployment.token })
    const usersFile = (): string => join(directory, `users-${number}`)

    async function moved(users: string[], args: string[] = [], env: Record<string, string> = {}): Promise<Called> {
      writeFileSync(usersFile(), users.join('\n'))
      const where = ['--from', 'databunker', '--url', bunker.url, '--users', usersFile(), '--to', deployment.stack.url()]
      return call(['import', ...where, ...args], { env: { DATABUNKER_TOKEN: bunker.token, SESSIONS_TOKEN: deployment.token, ...env } })
    }
    async function summary(users: string[], args: string[] = []): Promise<unknown[]> {
      const { code, out } = await moved(users, ['--json', ...args])
      const { moved: count, skipped, failed, unknown_users: unknown } = JSON.parse(out) as Record<string, number>
      return [code, { moved: count, skipped, failed, unknown }]
    }

    it('moves sessions with their IDs, data, users and what is left of their lives', async () => {
      const email = row({ name: 'Ada ☕', email: 'ada@example.com', expiration: '30s', nested: { list: [1, null] } }, { ago: 10, lasts: 30 })
      const login = row({ cart: ['tea'], expiration: '1m' }, { ago: 600, lasts: 31 * 86_400 })
      bunker.users.set('email/ada@example.com', [email]).set('login/bob', [login])
      assert.deepEqual(await summary(['email:Ada@example.com', 'login:bob', 'login:nobody'], ['--ttl', '60d']), [0, { moved: 2, skipped: 0, failed: 0, unknown: 1 }])

      for (const [{ session, data, endtime }, user] of [[email, 'email:ada@example.com'], [login, 'login:bob']] as const) {
        const found = (await sessions().read(session)) ?? assert.fail('not moved')
        assert.deepEqual([found.data, found.user], [data, user])
        const late = Math.abs(found.expiresAt.getTime() / 1000 - endtime)
        assert.ok(late <= 2, `ends ${late} s from where it should`)
        assert.equal(found.idleExpiresAt.getTime(), found.expiresAt.getTime())
        assert.equal((await sessions().user(user).list()).sessions.length, 1)
      }
      assert.ok(bunker.requests.every((request) => request.startsWith('GET /v1/sessions/')), 'the source was touched')
    })

    it('leaves a session that Databunker’s clients go on with', async () => {
      const made = row({ login: 'ada', visits: 3 })
      bunker.users.set('login/ada', [made])
      await summary(['login:ada'])
      const path = `/databunker/v1/session/${made.session}`
      const headers = { 'x-bunker-token': deployment.token, 'content-type': 'application/json' }
      const read = async (): Promise<unknown> => ((await (await deployment.stack.fetch(path, { headers })).json()) as { data?: unknown }).data
      assert.deepEqual(await read(), made.data)
      await deployment.pause()
      const data = { ...made.data, visits: 4 }
      await deployment.stack.fetch(path, { method: 'POST', headers, body: JSON.stringify(data) })
      assert.deepEqual(await read(), data)
      assert.equal((await sessions().user('login:ada').list()).sessions.length, 1)
    })

    it('takes every page, each session once, and none that has expired', async () => {
      const live = Array.from({ length: 230 }, (_, n) => row({ n }))
      const twice = { ...(live[5] ?? assert.fail()), when: now() - 50, data: { n: 'older' } }
      const expired = Array.from({ length: 7 }, () => row({}, { ago: 5000, lasts: 4000 }))
      const [few, over] = [row({}), row({}, { ago: 5000, lasts: 4000 })]
      bunker.users.set('login/many', [...expired, ...live, twice]).set('login/few', [few, over])
      assert.deepEqual(await summary(['login:many', 'login:few'], ['--ttl', '30d']), [0, { moved: 231, skipped: 0, failed: 0, unknown: 0 }])
      assert.deepEqual((await sessions().read(live[5]?.session ?? ''))?.data, { n: 5 })
      for (const { session } of [...expired, over]) assert.equal(await sessions().read(session), undefined)
      assert.equal((await sessions().read(live[229]?.session ?? ''))?.data['n'], 229)
    })

    it('begins a listing again when rows go away from under it', async () => {
      const rows = Array.from({ length: 150 }, (_, n) => row({ n }))
      bunker.users.set('login/moving', rows)
      let pages = 0
      bunker.before = () => {
        // After the first page, rows of it are gone: what was on the second page moves to the first.
        if (++pages === 3) rows.splice(0, 20)
      }
      const last = rows.at(-1)?.session ?? ''
      const [, counts] = await summary(['login:moving'])
      assert.deepEqual(counts, { moved: 130, skipped: 0, failed: 0, unknown: 0 })
      assert.ok(await sessions().read(last))
      assert.ok(await sessions().read(rows[80]?.session ?? ''), 'the row that moved to the page before is lost')
    })

    it('does nothing twice, and revives nobody who logged out', async () => {
      const [same, changed, out, late] = [row({ n: 1 }), row({ n: 2 }), row({ n: 3 }), row({ n: 4 })]
      bunker.users.set('login/ada', [same, changed, out])
      const users = ['login:ada']
      assert.deepEqual(await summary(users), [0, { moved: 3, skipped: 0, failed: 0, unknown: 0 }])
      await deployment.pause()
      await sessions().patch(same.session, { n: 'changed in the Worker' })
      await sessions().end(out.session)
      // The lifetime of the 409 is over: only the journal knows.
      await deployment.stack.advance(130_000)
      const newer = { ...changed, when: now() + 131, data: { n: 'changed at the source' }, endtime: now() + 4000 }
      bunker.users.set('login/ada', [same, newer, out, late])
      assert.deepEqual(await summary(users), [0, { moved: 2, skipped: 2, failed: 0, unknown: 0 }])
      assert.deepEqual((await sessions().read(same.session))?.data, { n: 'changed in the Worker' })
      assert.deepEqual((await sessions().read(changed.session, { strict: true }))?.data, { n: 'changed at the source' })
      assert.equal(await sessions().read(out.session), undefined)
      assert.deepEqual(await summary(users), [0, { moved: 0, skipped: 4, failed: 0, unknown: 0 }])
    })

    it('leaves what is newer in the Worker alone where the journal is lost, and journals it', async () => {
      const made = row({ n: 1 }, { ago: 30 })
      const { session } = made
      bunker.users.set('login/eve', [made])
      await summary(['login:eve'])
      await deployment.pause()
      await sessions().patch(session, { n: 2 })
      rmSync(`${usersFile()}.moved`)
      assert.deepEqual(await summary(['login:eve']), [0, { moved: 0, skipped: 1, failed: 0, unknown: 0 }])
      assert.deepEqual((await sessions().read(session))?.data, { n: 2 })
      await deployment.pause()
      await sessions().end(session)
      await deployment.stack.advance(130_000)
      await summary(['login:eve'])
      assert.equal(await sessions().read(session), undefined)
    })

    it('goes on where it was interrupted, and after what failed', async () => {
      for (const name of ['a', 'b', 'c']) bunker.users.set(`login/${name}`, [row({ name })])
      bunker.users.set('login/b', [row({ name: 'x'.repeat(2_000_000) }), row({ name: 'fits' })])
      const users = ['login:a', 'login:b', 'login:c']
      const { code, out, notes } = await moved(users)
      assert.equal(code, 1)
      assert.match(out, /^moved {4}3\nskipped {2}0\nfailed {3}1$/u)
      assert.match(notes, /line 2, session 1 of 2: (body|data)_too_large/u)
      assert.ok(!/login:|x{20}/u.test(`${out}${notes}`))

      bunker.users.set('login/b', (bunker.users.get('login/b') ?? []).slice(1))
      bunker.requests.length = 0
      assert.deepEqual(await summary(users), [0, { moved: 0, skipped: 1, failed: 0, unknown: 0 }])
      assert.ok(bunker.requests.every((request) => request.includes('/login/b?')), 'users that were done are asked for again')
    })

    it('waits for a database that is locked', async () => {
      bunker.users.set('login/ada', [row({})])
      bunker.busy = 2
      assert.deepEqual(await summary(['login:ada']), [0, { moved: 1, skipped: 0, failed: 0, unknown: 0 }])
    })

    it('stops where a token is refused, and names none', async () => {
      bunker.users.set('login/ada', [row({})])
      const wrong = newToken()
      for (const env of [{ DATABUNKER_TOKEN: wrong }, { SESSIONS_TOKEN: wrong }]) {
        const { code, out, notes } = await moved(['login:ada'], [], env)
        assert.equal(code, 1)
        assert.match(notes, /token|TOKEN/u)
        assert.ok(!`${out}${notes}`.includes(wrong.slice(4)))
      }
    })

    it('says that --ttl is too short for what is listed as alive', async () => {
      bunker.users.set('login/ada', [row({}, { ago: 7200, lasts: 86_400 })])
      const { code, out, notes } = await moved(['login:ada'])
      assert.equal(code, 0)
      assert.match(out, /skipped {2}1 \(1 expired/u)
      assert.match(notes, /--ttl/u)
      assert.deepEqual(await summary(['login:ada'], ['--ttl', '1d']), [0, { moved: 1, skipped: 0, failed: 0, unknown: 0 }])
    })
  })
}

describe('import', () => {
  const url = 'http://127.0.0.1:1'

  it('says what is missing', async () => {
    const env = { DATABUNKER_TOKEN: 'x', SESSIONS_TOKEN: 'y' }
    for (const args of [[], ['--from', 'redis'], ['--from', 'databunker'], ['--from', 'databunker', '--url', url, '--to', url], ['--from', 'databunker', '--url', url, '--to', url, '--users', '/nowhere']]) {
      const { code, out } = await call(['import', ...args], { env })
      assert.deepEqual([code, out], [2, ''], args.join(' '))
    }
    const open = await call(['import', '--from', 'databunker', '--url', url, '--to', 'http://sessions.example.com', '--users', '/nowhere'], { env })
    assert.match(open.notes, /could be read on the way/u)
  })
})
