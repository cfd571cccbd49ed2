/** Settings: what each does, and that a deployment whose settings are wrong lets nobody in and says what to set. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import { type Instance, Stack } from './harness/workerd.ts'
import { Api, type Call, create, end, read, regenerate, replace, status } from './support/api.ts'
import {
  BUILD,
  DAY,
  Deployment,
  HOUR,
  MINUTE,
  SECOND,
  newLookupKey,
  newRootKey,
  newSessionId,
  newToken,
  time,
  tokenLine,
} from './support/deployment.ts'

const token = newToken()
const good = { SESSION_KEYS: `${newLookupKey()},${newRootKey()}`, API_TOKENS: tokenLine(token) }
const [lookup = '', root = ''] = good.SESSION_KEYS.split(',')
/** The keys of the known answers in docs/FORMAT.md. */
const published = (prefix: string, first: number): string =>
  prefix + Buffer.from(Array.from({ length: 32 }, (_, i) => first + i)).toString('base64url')

/** What is set, by what is wrong with it; the log must name the setting. */
const wrong: Record<string, Record<string, Record<string, string | undefined>>> = {
  SESSION_KEYS: {
    missing: { SESSION_KEYS: undefined },
    empty: { SESSION_KEYS: '' },
    blank: { SESSION_KEYS: ' \n' },
    'not a keyring': { SESSION_KEYS: 'correct horse battery staple' },
    'a root key cut short': { SESSION_KEYS: `${lookup},${root.slice(0, -1)}` },
    'a root key that is all zeros': { SESSION_KEYS: `${lookup},ssk1_${'A'.repeat(43)}` },
    'no root key': { SESSION_KEYS: lookup },
    'the same root key twice': { SESSION_KEYS: `${good.SESSION_KEYS},${root}` },
    'two lookup keys': { SESSION_KEYS: `${good.SESSION_KEYS},${newLookupKey()}` },
    'a space between keys': { SESSION_KEYS: good.SESSION_KEYS.replace(',', ', ') },
    'an API token': { SESSION_KEYS: token },
    'the published root key': { SESSION_KEYS: `${lookup},${published('ssk1_', 0)}` },
    'the published root key among others': { SESSION_KEYS: `${good.SESSION_KEYS},${published('ssk1_', 0)}` },
    'the published lookup key': { SESSION_KEYS: `${published('slk1_', 0x60)},${root}` },
  },
  API_TOKENS: {
    missing: { API_TOKENS: undefined },
    empty: { API_TOKENS: '' },
    'a comment only': { API_TOKENS: '# nobody yet' },
    'the token itself': { API_TOKENS: token },
    'the token in place of its hash': { API_TOKENS: `test default sessions ${token}` },
    'three fields': { API_TOKENS: tokenLine(token).split(' ').slice(1).join(' ') },
    'five fields': { API_TOKENS: `${tokenLine(token)} more` },
    'a hash cut short': { API_TOKENS: tokenLine(token).slice(0, -1) },
    'a hash in base64': { API_TOKENS: `test default sessions ${'A'.repeat(43)}=` },
    'another scope': { API_TOKENS: tokenLine(token, { scopes: 'sessions,root' }) },
    'no scope': { API_TOKENS: tokenLine(token, { scopes: ',' }) },
    'another tenant’s alphabet': { API_TOKENS: tokenLine(token, { tenant: 'a/b' }) },
    'one bad line among good ones': { API_TOKENS: `${tokenLine(token)}\n${tokenLine(newToken())}\nnobody` },
    'a bad line in another list': { API_TOKENS_MORE: 'nobody' },
    'a token in two lists': { API_TOKENS_MORE: tokenLine(token, { tenant: 'other' }) },
  },
  KV_VISIBILITY: { words: { KV_VISIBILITY: 'soon' }, negative: { KV_VISIBILITY: '-1' } },
  IDLE: { words: { IDLE: 'half a day' }, none: { IDLE: '0' }, 'over absolute': { IDLE: '8d' } },
  ABSOLUTE: { empty: { ABSOLUTE: '' }, 'over the longest': { ABSOLUTE: '401d' } },
  LONGEST_ABSOLUTE: { words: { LONGEST_ABSOLUTE: 'for ever' } },
  STORE: { unknown: { STORE: 'redis' }, empty: { STORE: '' } },
  DURABLE_HOME: { 'not a hint': { DURABLE_HOME: 'Frankfurt' } },
  DURABLE_SHARDS: { none: { DURABLE_SHARDS: '0' }, 'too many': { DURABLE_SHARDS: '257' }, words: { DURABLE_SHARDS: 'all' } },
  DATABUNKER_LISTING: { unknown: { DATABUNKER_LISTING: 'all' }, empty: { DATABUNKER_LISTING: '' } },
  DATABUNKER_MAX_EXPIRATION: {
    words: { DATABUNKER_MAX_EXPIRATION: 'a month' },
    'over the longest': { DATABUNKER_MAX_EXPIRATION: '401d' },
  },
  MAX_BODY: { 'over 1 MiB': { MAX_BODY: '1048577' }, none: { MAX_BODY: '0' }, 'a unit': { MAX_BODY: '256K' } },
}

const instances: Record<string, Instance> = {}
for (const [setting, kinds] of Object.entries(wrong)) {
  for (const [what, vars] of Object.entries(kinds)) {
    const set = Object.entries({ ...good, ...vars }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    instances[`${setting}: ${what}`] = { vars: Object.fromEntries(set) }
  }
}

describe('a deployment with a setting that is wrong', () => {
  let stack: Stack
  before(async () => {
    stack = await Stack.start({ build: BUILD, instances })
  })
  after(() => stack.stop())
  beforeEach(() => stack.errors.clear())

  const id = newSessionId()
  const calls: Call[] = [create(), read(id), replace(id, { data: 1 }), regenerate(id), end(id), status]
  const others: Call[] = ['/healthz', '/v1/nowhere', '/v1/'].map((path) => ({ method: 'GET', path }))
  for (const name of Object.keys(instances)) {
    it(`${name}: lets nobody in, and says what to set`, async () => {
      const api = new Api(stack, token, name)
      for (const call of [...calls, ...others]) {
        assert.equal(await api.refusal(call), 'not_configured', `${call.method} ${call.path}`)
        assert.equal(await api.as(null).refusal(call), 'not_configured', `${call.method} ${call.path}, without a token`)
      }
      assert.equal(await api.refusal({ method: 'GET', path: '/nowhere' }), 'no_such_route')
      await api.ok({ method: 'GET', path: '/openapi.json' })

      const [setting = ''] = name.split(':')
      await stack.errors.find((line) => line.includes('not_configured') && line.includes(setting))
      for (const secret of [token, root.slice(5), lookup.slice(5), 'horse']) {
        assert.ok(
          ![...stack.errors.all, ...stack.logs.all].some((line) => line.includes(secret)),
          'a secret is in the log',
        )
      }
    })
  }

  it('asks nothing of KV', async () => {
    assert.deepEqual(await stack.kv.journal(), [])
  })
})

describe('a deployment without a KV namespace', () => {
  it('lets nobody in, and says what to bind', async () => {
    await using stack = await Stack.start({ build: BUILD, vars: good, kvBinding: null })
    const api = new Api(stack, token)
    for (const call of [create(), status, { method: 'GET', path: '/healthz' }]) {
      assert.equal(await api.refusal(call), 'not_configured')
    }
    await stack.errors.find((line) => line.includes('not_configured') && line.includes('SESSIONS'))
  })
})

describe('a deployment without Durable Objects that is to keep sessions in them', () => {
  it('lets nobody in, and says what to bind', async () => {
    await using stack = await Stack.start({ build: BUILD, vars: { ...good, STORE: 'durable' } })
    const api = new Api(stack, token)
    for (const call of [create(), status, { method: 'GET', path: '/healthz' }]) {
      assert.equal(await api.refusal(call), 'not_configured')
    }
    await stack.errors.find((line) => line.includes('not_configured') && line.includes('SHARDS'))
  })
})

describe('a deployment without any setting but its secrets', () => {
  it('has the defaults', async () => {
    await using deployment = await Deployment.start()
    const { key_ids: _, version, ...said } = await deployment.api.ok(status)
    assert.match(version, /^\d+\.\d+\.\d+/u)
    assert.deepEqual(said, {
      store: 'kv',
      revocation_bound_seconds: 60,
      assumed_kv_visibility_seconds: 60,
      unknown_key_ids_met: 0,
    })
  })

  it('takes an empty second list of tokens, and comments', async () => {
    const vars = { API_TOKENS: `# ours\n\n${tokenLine(token)}\r\n# end`, API_TOKENS_LATER: '' }
    await using deployment = await Deployment.start({ vars })
    await deployment.api.as(token).ok(status)
  })
})

describe('a setting', () => {
  it('KV_VISIBILITY is the bound that ends are answered with, and that foreign IDs are barred for twice', async () => {
    await using deployment = await Deployment.start({ vars: { KV_VISIBILITY: '180' } })
    const { api, stack } = deployment
    const said = await api.ok(status)
    assert.deepEqual([said.revocation_bound_seconds, said.assumed_kv_visibility_seconds], [180, 180])
    const session = 'a-foreign-session-id'
    assert.equal((await api.send(end(session))).headers.get('Revocation-Bound'), '180')
    await stack.advance(350 * SECOND)
    assert.equal(await api.refusal(create({}, { session })), 'session_ended')
    await stack.advance(11 * SECOND)
    await api.ok(create({}, { session }))
  })

  it('IDLE, ABSOLUTE and LONGEST_ABSOLUTE are the lifetimes', async () => {
    await using deployment = await Deployment.start({
      vars: { IDLE: '30m', ABSOLUTE: '86400', LONGEST_ABSOLUTE: '30d' },
    })
    const { api } = deployment
    const session = await api.ok(create())
    assert.equal(time(session.idle_expires_at) - time(session.created_at), 30 * MINUTE)
    assert.equal(time(session.expires_at) - time(session.created_at), DAY)
    const longest = await api.ok(create({ idle: '1h', absolute: '30d' }))
    assert.equal(time(longest.idle_expires_at) - time(longest.created_at), HOUR)
    assert.equal(await api.refusal(create({ absolute: '31d' })), 'invalid_lifetime absolute')
  })

  it('MAX_BODY is the largest body, and the largest data', async () => {
    await using deployment = await Deployment.start({ vars: { MAX_BODY: '1048576' } })
    const { api } = deployment
    const data = 'x'.repeat(1_048_576 - '{"data":""}'.length)
    const session = await api.ok(create({ data }))
    assert.equal((await api.ok(read(session.id))).data, data)
    assert.equal(await api.refusal(create({ data: `${data}x` })), 'body_too_large')
    await deployment.rekey(good.SESSION_KEYS, { MAX_BODY: '100' })
    assert.equal(await api.refusal(create({ data: 'x'.repeat(90) })), 'body_too_large')
    await api.ok(create({ data: 'x'.repeat(80) }))
  })
})
