/** Who may call: looked at before anything else is. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'

import { type Call, create, end, patch, read, regenerate, replace, status } from './support/api.ts'
import { Deployment, newSessionId, newToken, tokenLine } from './support/deployment.ts'

const [sessionsOnly, usersOnly, adminOnly, listed] = [newToken(), newToken(), newToken(), newToken()]
const lists = {
  API_TOKENS_SCOPED: [
    '# Callers that may do one thing',
    '',
    tokenLine(sessionsOnly, { name: 'shop', scopes: 'sessions' }),
    `  ${tokenLine(usersOnly, { name: 'privacy', scopes: 'users' })}  `,
    tokenLine(adminOnly, { name: 'monitor', scopes: 'admin' }),
  ].join('\n'),
  API_TOKENS_2: `${tokenLine(listed, { name: 'second-list', scopes: 'users,sessions' })}\n`,
}
const deployment = await Deployment.start({ vars: lists })
const { api, stack, token } = deployment
after(() => deployment.stop())

const id = newSessionId()
const sessionCalls: Call[] = [
  create({ data: 1 }),
  read(id),
  replace(id, { data: 1 }),
  patch(id, { data: 1 }),
  regenerate(id),
  end(id),
]

describe('without a token of this deployment', () => {
  const refused: Record<string, string | null> = {
    'no header': null,
    'an empty header': '',
    'a scheme alone': 'Bearer',
    'the token alone': token,
    'another scheme': `Basic ${token}`,
    'a token that nobody has': `Bearer ${newToken()}`,
    'a token cut short': `Bearer ${token.slice(0, -1)}`,
    'a token with more behind it': `Bearer ${token}A`,
    'two tokens': `Bearer ${token}, Bearer ${token}`,
    'the token without its prefix': `Bearer ${token.slice(4)}`,
    'what the deployment keeps of it': `Bearer ${tokenLine(token).split(' ')[3]}`,
    'the line that the deployment keeps': `Bearer ${tokenLine(token)}`,
  }
  for (const [what, authorization] of Object.entries(refused)) {
    it(`${what} is 401`, async () => {
      const headers: Record<string, string> = authorization === null ? {} : { Authorization: authorization }
      for (const call of [...sessionCalls, status]) {
        const answer = await api.as(null).send({ ...call, headers: { ...call.headers, ...headers } })
        assert.equal(answer.status, 401, `${call.method} ${call.path}`)
        assert.equal(answer.headers.get('WWW-Authenticate'), 'Bearer')
      }
    })
  }

  it('nothing else is told: not which paths and methods there are, nor what is wrong with the call', async () => {
    const calls: Call[] = [
      { method: 'GET', path: '/v1/nowhere' },
      { method: 'GET', path: '/v1/' },
      { method: 'POST', path: '/v1/session' },
      { method: 'OPTIONS', path: '/v1/session' },
      read('malformed'),
      { method: 'GET', path: '/v1/session' },
      create(undefined, { raw: '{', type: 'text/plain' }),
      create(undefined, { raw: 'x'.repeat(300_000) }),
      create({ usr: 1 }),
      replace(id, {}, { headers: { 'If-Match': 'x' } }),
      { method: 'GET', path: `/v1/session?access_token=${token}` },
    ]
    for (const call of calls)
      assert.equal(await api.as(null).refusal(call), 'unauthorized', `${call.method} ${call.path}`)
  })
})

describe('with a token that has not the scope', () => {
  it('sessions are forbidden', async () => {
    for (const other of [usersOnly, adminOnly]) {
      for (const call of sessionCalls) assert.equal(await api.as(other).refusal(call), 'forbidden')
    }
  })

  it('they are so before anything is looked at', async () => {
    const calls = [
      create(undefined, { raw: '{' }),
      create({}, { session: id }),
      read(''),
      replace(id, 1),
      end('malformed'),
    ]
    for (const call of calls) assert.equal(await api.as(usersOnly).refusal(call), 'forbidden')
  })

  it('the status is forbidden', async () => {
    for (const other of [sessionsOnly, usersOnly, listed])
      assert.equal(await api.as(other).refusal(status), 'forbidden')
  })
})

describe('neither', () => {
  it('makes the store do anything', async () => {
    const operations = await deployment.operations(async () => {
      for (const call of sessionCalls) {
        await api.as(null).refusal(call)
        await api.as(usersOnly).refusal(call)
      }
    })
    assert.deepEqual(operations, [])
  })
})

describe('with a token that has it', () => {
  it('sessions can be had', async () => {
    for (const caller of [token, sessionsOnly, listed]) {
      const session = await api.as(caller).ok(create())
      assert.ok(await api.as(sessionsOnly).isLive(session.id), 'callers of one tenant share its sessions')
    }
  })

  it('the status can be had', async () => {
    for (const caller of [token, adminOnly]) await api.as(caller).ok(status)
  })

  it('the name of the scheme may be written in any case', async () => {
    for (const scheme of ['bearer', 'BEARER']) {
      await api.as(null).ok({ ...status, headers: { Authorization: `${scheme} ${token}` } })
    }
  })

  it('a path that is not there is no_such_route', async () => {
    const paths = [
      '/v1/',
      '/v1/nowhere',
      '/v1/session/',
      '/v1/sessions/',
      '/v1//session',
      '/v1/%73ession',
      '/v1/session/x',
    ]
    for (const caller of [token, sessionsOnly, usersOnly]) {
      for (const path of paths)
        assert.equal(await api.as(caller).refusal({ method: 'GET', path }), 'no_such_route', path)
    }
  })

  it('a method that is not there is method_not_allowed, and the answer says which are', async () => {
    const allowed: Record<string, string[]> = {
      '/v1/sessions': ['POST'],
      '/v1/session': ['GET', 'PUT', 'PATCH', 'DELETE'],
      '/v1/session/regenerate': ['POST'],
      '/v1/status': ['GET'],
      '/healthz': ['GET'],
      '/openapi.json': ['GET'],
    }
    for (const [path, methods] of Object.entries(allowed)) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        if (methods.includes(method)) continue
        const answer = await api.send({ method, path, session: randomUUID() })
        assert.equal(answer.status, 405, `${method} ${path}`)
        const allow = answer.headers
          .get('Allow')
          ?.split(',')
          .map((name) => name.trim())
        assert.deepEqual(allow?.filter((name) => name !== 'HEAD').toSorted(), methods.toSorted(), `${method} ${path}`)
      }
    }
  })
})

describe('outside /v1', () => {
  it('no token is needed', async () => {
    const nobody = api.as(null)
    assert.deepEqual(await nobody.ok({ method: 'GET', path: '/healthz' }), { status: 'ok' })
    await nobody.ok({ method: 'GET', path: '/openapi.json' })
    for (const path of ['/', '/nowhere', '/v2/session', '/V1/session', '/v1', '/healthz/', '/favicon.ico']) {
      assert.equal(await nobody.refusal({ method: 'GET', path }), 'no_such_route', path)
    }
  })
})

describe('the log', () => {
  it('names the caller and the route, and never the path', async () => {
    const path = `/v1/${randomUUID()}`
    await api.as(sessionsOnly).refusal({ method: 'GET', path })
    await api.as(sessionsOnly).ok(create())
    const requests = await deployment.requests()
    const last = requests.at(-1)
    assert.deepEqual([last?.token, last?.method, last?.route, last?.status], ['shop', 'POST', '/v1/sessions', 201])
    assert.ok(!stack.logs.all.join('\n').includes(path))
  })
})
