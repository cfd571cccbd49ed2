/**
 * Nothing that was planted is ever found: not in the log, and not in the store, a copy of which must be worth nothing.
 * The same search finds what was put there on purpose.
 */

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'

import {
  type Call,
  create,
  end,
  erase,
  exportUser,
  ifMatch,
  list,
  patch,
  read,
  regenerate,
  replace,
  revokeAll,
  revokeOne,
  status,
  verify,
} from './support/api.ts'
import { Bunker } from './support/databunker.ts'
import {
  DAY,
  Deployment,
  HOUR,
  MINUTE,
  newLookupKey,
  newRootKey,
  newSessionId,
  newToken,
  tokenLine,
} from './support/deployment.ts'
import { type Haystack, search, unfolded } from './support/secrecy.ts'

const keys = `${newLookupKey()},${newRootKey()}`
const secondToken = newToken()
const deployment = await Deployment.start({ keys, vars: { API_TOKENS_2: tokenLine(secondToken, { tenant: 'acme' }) } })
const { api, stack, token } = deployment
after(() => deployment.stop())

// A location that sees everything this late makes the store keep what was overwritten, so that it is searched too.
await stack.kv.configure('B', { propagationMs: 365 * DAY })

/** Everything that nobody may find. */
const planted = new Set<string>()

/** A word that stands nowhere else. */
function word(of: string): string {
  const planting = `${of}-${randomBytes(6).toString('hex')}`
  planted.add(planting)
  return planting
}

function secret(text: string): string {
  planted.add(text)
  return text
}

/** The log lines, and all that the store holds or held: keys, values and metadata. */
async function haystacks(): Promise<Haystack[]> {
  await deployment.requests()
  const stored = await stack.kv.dump()
  return [
    ...unfolded('the log', [...stack.logs.all, ...stack.errors.all].join('\n')),
    ...stored.flatMap(({ key, value, metadata }) => [
      ...unfolded(`the key ${key}`, key),
      { name: `the value of ${key}`, bytes: Buffer.from(value, 'base64') },
      ...unfolded(`the value of ${key}`, Buffer.from(value, 'base64').toString('latin1')),
      ...unfolded(`the metadata of ${key}`, JSON.stringify(metadata)),
    ]),
  ]
}

/** Takes note of what an answer says that only its reader may know. */
async function noted(call: Call): Promise<Record<string, string>> {
  const body = ((await api.ok(call)) ?? {}) as Record<string, string>
  for (const name of ['id', 'csrf']) if (body[name] !== undefined) planted.add(body[name])
  return body
}

describe('a whole life of sessions', () => {
  it('is lived', async () => {
    for (const key of keys.split(',')) secret(key.slice(5))
    for (const bearer of [token, secondToken]) secret(bearer.slice(4))
    const user = word('user')
    const body = () => ({
      data: { [word('member')]: word('payload'), deep: [{ list: [word('payload'), 'é', word('пароль')] }] },
      user,
      label: word('label'),
    })

    const { id: first = '' } = await noted(create(body()))
    await stack.advance(MINUTE)
    await noted(read(first))
    const { version } = await noted(replace(first, { data: word('payload'), label: word('label') }))
    await stack.advance(MINUTE)
    await noted(patch(first, { data: { [word('member')]: word('payload') }, user: word('user') }))
    await noted(read(first, { headers: { Strict: 'true' } }))
    await api.refusal(replace(first, { data: word('payload') }, ifMatch(`"${version}"`)))
    // Touches, of a user's session and of nobody's.
    const { id: nobodys = '' } = await noted(create({ data: word('payload') }))
    for (let hours = 0; hours < 6; hours += 2) {
      await stack.advance(2 * HOUR)
      for (const session of [first, nobodys]) await noted(read(session))
    }
    const { id: second = '' } = await noted(
      regenerate(first, { grace: '30s', user: word('user'), data: word('payload') }),
    )
    await noted(read(first))
    await noted(read(second))
    await stack.advance(MINUTE)
    await noted(end(second))
    await api.refusal(read(second))
    await noted(end(nobodys))

    const foreign = secret(randomUUID())
    await noted(create(body(), { session: foreign }))
    await noted(read(foreign))
    await stack.advance(MINUTE)
    await noted(end(foreign))
    await api.refusal(create(body(), { session: foreign }))
    // All that can be asked about a person, and what is answered.
    const person = word('user é%')
    const { id: spared = '' } = await noted(create({ ...body(), user: person }))
    const { handle = '' } = await noted(create({ ...body(), user: person }))
    await noted(create({ ...body(), user: person }))
    await stack.advance(MINUTE)
    await noted(list(person))
    await noted(exportUser(person, { session: spared }))
    await noted(revokeOne(person, handle))
    await noted(revokeAll(person, { session: spared }))
    await stack.advance(MINUTE)
    const { receipt = '' } = await noted(erase(person))
    await noted(verify(receipt, person))
    // One stays, so that the store holds something.
    await noted(create(body()))
    await noted(create(body(), { session: secret(`express-${randomBytes(16).toString('hex')}`) }))
  })

  it('in the words of Databunker, too', async () => {
    const bunker = new Bunker(deployment)
    const id = secret(randomUUID())
    const login = word('login')
    for (const n of [1, 1, 2]) {
      await bunker.session('POST', id, { login, [word('member')]: word('payload'), n })
      await bunker.session('GET', id)
      await stack.advance(MINUTE)
    }
    await bunker.pro('SessionGet', { sessionuuid: id })
    await bunker.send('GET', `/v1/sessions/login/${login}?${word('query')}=1`)
    await bunker.pro('SessionListUserSessions', { mode: 'login', identity: login })
    const { body } = await bunker.send('POST', `/v1/session/login/${word('login')}`, { body: { [word('member')]: 1 } })
    secret((body as { session: string }).session)
    await bunker.session('DELETE', id)
    await bunker.session('POST', id, { late: word('payload') })
    for (const path of [`/v1/session/${word('id')}`, `/v1/sessions/${word('mode')}/${word('user')}`, `/v1/${word('path')}`]) {
      await bunker.send('GET', path)
      await bunker.send('GET', path, { headers: { 'X-Bunker-Token': word('token'), 'X-Bunker-Tenant': word('tenant') } })
    }
    await bunker.pro('SessionUpsert', { sessionuuid: secret(randomUUID()), sessiondata: { email: word('mail'), n: word('payload') } })
  })

  it('and all that can go wrong in it', async () => {
    const wrong: Call[] = [
      create({ [word('field')]: word('payload') }),
      create(undefined, { raw: `{"data":"${word('payload')}"` }),
      create(undefined, { raw: word('body'), type: `text/${word('type')}` }),
      create({ user: word('user').repeat(30) }),
      create({ idle: word('idle') }),
      create({}, { session: secret(newSessionId()) }),
      read(secret(newSessionId())),
      read(secret(randomUUID())),
      read(word('bad')),
      read(secret(newSessionId()), { headers: { Strict: word('strict') } }),
      replace(secret(newSessionId()), { data: word('payload'), user: word('user') }),
      list(word('user'), 0),
      list(word('user'), 9, { cursor: word('cursor') }),
      revokeOne(word('user'), word('handle')),
      revokeAll(word('user'), { session: secret(newSessionId()) }),
      erase(word('user'), { headers: { Receipt: word('receipt') } }),
      verify(word('receipt'), word('user')),
      replace(secret(newSessionId()), { data: word('payload') }, ifMatch(word('tag'))),
      { method: 'GET', path: `/v1/${word('path')}` },
      { method: 'GET', path: `/${word('path')}?${word('query')}=${word('query')}` },
      { method: 'GET', path: `/v1/session?${word('query')}` },
      read(secret(newSessionId()), { headers: { Authorization: `Bearer ${secret(newToken())}` } }),
      read(secret(newSessionId()), { headers: { Authorization: `Basic ${word('basic')}` } }),
      read(secret(newSessionId()), { headers: { Cookie: `sid=${word('cookie')}`, 'User-Agent': word('agent') } }),
    ]
    for (const call of wrong) await api.refusal(call)
    const { id = '' } = await noted(create({ user: word('user'), data: word('payload') }))
    for (const on of ['get', 'put'] as const) {
      await stack.kv.configure('A', { faults: [{ on, status: 500, times: 10 }] })
      await api.refusal(on === 'get' ? read(id) : create({ user: word('user'), data: word('payload') }))
    }
    await stack.kv.configure('A', null)
    await deployment.rekey(`${keys.split(',')[0]},${newRootKey()}`)
    await api.refusal(read(id))
    await api.ok(status)
  })
})

describe('of all that was planted', () => {
  it('nothing is found', async () => {
    const stacks = await haystacks()
    assert.ok(planted.size > 60, `only ${planted.size} words`)
    assert.ok(stacks.length > 30, `only ${stacks.length} places`)
    const stored = await stack.kv.dump()
    assert.ok(stored.some(({ current }) => current) && stored.some(({ current }) => !current))
    assert.deepEqual(search(planted, stacks), [])
  })

  it('handles are not in the log either: a log ID stands for them', async () => {
    const { id, handle } = await api.ok(create())
    await api.ok(read(id))
    await api.ok(end(id))
    const requests = await deployment.requests()
    assert.ok(!stack.logs.all.join('\n').includes(handle))
    const logIds = requests.slice(-3).map(({ log_id }) => log_id)
    assert.match(logIds[0] ?? '', /^[\w-]{12}$/u)
    assert.equal(new Set(logIds).size, 1, 'one session, one log ID')
  })

  it('the token stands in the log by its name', async () => {
    await api.ok(status)
    assert.equal((await deployment.requests()).at(-1)?.token, 'test')
  })
})

describe('the search', () => {
  const needle = 'пароль-of-somebody'
  const bytes = Buffer.from(needle)

  it('finds a word that somebody planted in the store, in its key, its value and its metadata', async () => {
    const name = `found-${randomBytes(4).toString('hex')}`
    await stack.kv.plant(`s:${name}`, Buffer.from(`before ${needle} after`), { metadata: { note: ['é', needle] } })
    const found = search([needle, name], await haystacks()).map(({ where }) => where)
    for (const part of ['the key', 'the value of', 'the metadata of']) {
      assert.ok(found.includes(`${part} s:${name}`), `not in ${part}`)
    }
  })

  it('finds it in every encoding, wherever it begins', () => {
    for (let shift = 0; shift < 6; shift += 1) {
      const around = Buffer.concat([randomBytes(shift), bytes, randomBytes(7)])
      const texts = [
        around.toString('base64'),
        around.toString('base64url'),
        around.toString('hex'),
        around.toString('hex').toUpperCase(),
        Buffer.from(around.toString('base64')).toString('base64url'),
        `"${encodeURIComponent(needle)}"`,
      ]
      for (const text of texts) {
        assert.notDeepEqual(search([needle], unfolded('here', `{"x":"${text}"}`)), [], `${shift}: ${text}`)
      }
    }
  })

  it('finds nothing where nothing is', () => {
    assert.deepEqual(search([needle], unfolded('here', randomBytes(10_000).toString('base64'))), [])
  })
})
