/** Input that is not what it should be: each kind has its code, names its field, and changes nothing. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { after, before, describe, it } from 'node:test'

import { type Call, create, end, ifMatch, patch, read, regenerate, replace } from './support/api.ts'
import { Deployment, newSessionId } from './support/deployment.ts'

const MAX_BODY = 262_144

const deployment = await Deployment.start()
const { api } = deployment
after(() => deployment.stop())

const { id, version } = await api.ok(create({ data: { kept: true }, user: 'ada', label: 'phone' }))
before(() => deployment.pause())

/** The calls that take a body, by name. */
type WithBody = (more: Partial<Call>) => Call
const withBody: Record<string, WithBody> = {
  create: (more) => create(undefined, { type: 'application/json', ...more }),
  replace: (more) => replace(id, undefined, { type: 'application/json', ...more }),
  patch: (more) => patch(id, undefined, more),
  regenerate: (more) => regenerate(id, undefined, { type: 'application/json', ...more }),
}

/** Calls that are refused, by what is wrong with them. */
type Table = Record<string, Call>

function refused(expected: string, table: Table): void {
  for (const [what, call] of Object.entries(table)) {
    it(what, async () => {
      const operations = await deployment.writes(async () => assert.equal(await api.refusal(call), expected))
      assert.deepEqual(operations, [], 'it wrote something')
    })
  }
}

/** One table for all calls that have a body of these names. */
const everywhere = (names: string[], bodies: Record<string, string | Uint8Array<ArrayBuffer>>): Table =>
  Object.fromEntries(
    names.flatMap((name) => {
      return Object.entries(bodies).map(([what, raw]): [string, Call] => [`${name}: ${what}`, bodyOf(name, raw)])
    }),
  )

const bodyOf = (name: string, raw: string | Uint8Array<ArrayBuffer>): Call =>
  withBody[name]?.({ raw }) ?? assert.fail(name)

const ALL = Object.keys(withBody)

describe('invalid_body: a body that is not a JSON object', () => {
  refused(
    'invalid_body',
    everywhere(ALL, {
      text: 'data',
      'an open brace': '{',
      'a brace too many': '{"data":1}}',
      'two objects': '{"data":1}{"data":2}',
      'a trailing comma': '{"data":1,}',
      'single quotes': "{'data':1}",
      'a name without quotes': '{data:1}',
      'a comment': '{"data":1/**/}',
      'a number that is none': '{"data":01}',
      NaN: '{"data":NaN}',
      'a line break in a text': '{"data":"\n"}',
      'a byte order mark': '\u{FEFF}{"data":1}',
      'a NUL after the object': '{"data":1}\0',
      'an array': '[{"data":1}]',
      'a text as JSON': '"data"',
      'a number': '1',
      null: 'null',
      'data that is not UTF-8': Uint8Array.from([...Buffer.from('{"data":"'), 0xff, ...Buffer.from('"}')]),
      'data in UTF-16': Uint8Array.from(Buffer.from('{"data":1}', 'utf16le')),
      'half a surrogate pair in UTF-8': Uint8Array.from([
        ...Buffer.from('{"data":"'),
        0xed,
        0xa0,
        0x80,
        ...Buffer.from('"}'),
      ]),
    }),
  )
})

describe('unknown_field: a name that the call does not have', () => {
  for (const [field, names] of Object.entries({
    absolute: ['replace', 'patch', 'regenerate'],
    grace: ['create', 'replace', 'patch'],
    idle: ['regenerate'],
    label: ['regenerate'],
    Data: ALL,
    id: ALL,
    ['__proto__']: ALL,
    constructor: ALL,
    '': ALL,
    'é"\\\n': ALL,
  })) {
    refused(
      `unknown_field ${field}`,
      everywhere(names, { [`with ${JSON.stringify(field)}`]: `{"data":1,${JSON.stringify(field)}:1}` }),
    )
  }
})

describe('invalid_field: a value of another type, or too long', () => {
  const texts = {
    'a number': '1',
    'a boolean': 'true',
    'an array': '["ada"]',
    'an object': '{}',
    'nothing in it': '""',
    'half a surrogate pair': '"\\ud800"',
  }
  const user = { ...texts, '257 bytes': `"${'u'.repeat(257)}"`, '258 bytes in 129 characters': `"${'é'.repeat(129)}"` }
  const label = { ...texts, '129 bytes': `"${'l'.repeat(129)}"`, '132 bytes in 33 characters': `"${'😀'.repeat(33)}"` }
  const duration = {
    null: 'null',
    'a boolean': 'true',
    'an array': '[600]',
    'an object': '{"hours":12}',
    'a negative number': '-1',
    'a fraction': '900.5',
    'nothing in it': '""',
    'no unit': '"600"',
    'no number': '"h"',
    'another unit': '"1w"',
    'a unit in capitals': '"12H"',
    'a negative text': '"-1h"',
    'a plus': '"+1h"',
    'a fraction as text': '"1.5h"',
    'two units': '"1h30m"',
    'a space': '"1 h"',
    'a space in front': '" 1h"',
    'ISO 8601': '"PT12H"',
    'other digits': '"１２h"',
  }
  const fields: [string, string[], Record<string, string>][] = [
    ['user', ALL, user],
    ['user', ['regenerate'], { null: 'null' }],
    ['label', ['create', 'replace', 'patch'], label],
    ['idle', ['create', 'replace', 'patch'], duration],
    ['absolute', ['create'], duration],
    ['grace', ['regenerate'], duration],
  ]
  for (const [field, names, values] of fields) {
    const bodies = Object.entries(values).map(([what, value]) => [
      `${field}, ${what}`,
      `{"data":1,"${field}":${value}}`,
    ])
    refused(`invalid_field ${field}`, everywhere(names, Object.fromEntries(bodies)))
  }
  refused('invalid_field data', everywhere(['replace'], { 'no data': '{}', 'no data, but a user': '{"user":"ada"}' }))
})

describe('invalid_lifetime: a duration that is out of bounds', () => {
  refused('invalid_lifetime absolute', {
    'no life at all': create({ absolute: 0 }),
    'no life at all, as text': create({ absolute: '0s' }),
    'a second over 400 days': create({ absolute: 400 * 86_400 + 1 }),
    '401 days': create({ absolute: '401d' }),
    'more seconds than 32 bits hold': create({ absolute: 4_294_967_296 }),
    'more days than 32 bits of seconds hold': create({ absolute: '50000d' }),
    'more than anybody can live': create({ absolute: '99999999999999999999h' }),
  })
  refused('invalid_lifetime idle', {
    'no window': create({ idle: 0 }),
    'under ten minutes': create({ idle: '599s' }),
    'under ten minutes and under absolute': create({ idle: 5, absolute: 10 }),
    'over absolute': create({ idle: '2h', absolute: '1h' }),
    'over the absolute of the deployment': create({ idle: '8d' }),
    'over 32 bits': create({ idle: '50000d' }),
    'replace: no window': replace(id, { data: 1, idle: '0m' }),
    'replace: under ten minutes': replace(id, { data: 1, idle: 599 }),
    'replace: over absolute': replace(id, { data: 1, idle: '8d' }),
    'patch: under ten minutes': patch(id, { idle: '9m' }),
    'patch: over absolute': patch(id, { idle: 604_801 }),
  })
  refused('invalid_lifetime grace', {
    'over a minute': regenerate(id, { grace: 61 }),
    'over a minute, as text': regenerate(id, { grace: '2m' }),
    'over 32 bits': regenerate(id, { grace: '50000d' }),
  })
})

describe('invalid_data: a patch that cannot be applied', () => {
  const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  refused('invalid_data data', {
    'more than 64 levels': patch(id, undefined, { raw: `{"data":${nested(65)}}` }),
    'thousands of levels': patch(id, undefined, { raw: `{"data":${nested(20_000)}}` }),
  })

  it('data as such may nest as deeply as it likes', async () => {
    for (const data of [nested(20_000), '['.repeat(100_000) + ']'.repeat(100_000)]) {
      const session = await api.ok(create(undefined, { raw: `{"data":${data}}` }))
      assert.ok((await api.send(read(session.id))).text.includes(data))
      await deployment.pause()
      await api.ok(patch(session.id, { data: { b: 1 } }))
    }
  })
})

describe('a Session-Id', () => {
  const malformed: Record<string, string> = {
    'that is empty': '',
    'of 15 characters': 'x'.repeat(15),
    'of 129 characters': 'x'.repeat(129),
    'with a space in it': `${'x'.repeat(20)} ${'x'.repeat(20)}`,
    'given twice': `${newSessionId()}, ${newSessionId()}`,
    'beyond ASCII': 'é'.repeat(20),
    'of 43 characters that no 32 bytes have': `${'A'.repeat(42)}B`,
  }
  const calls = (session: string): Record<string, Call> => ({
    read: read(session),
    replace: replace(session, { data: 1 }),
    patch: patch(session, { data: 1 }),
    regenerate: regenerate(session),
    end: end(session),
  })
  for (const [what, session] of Object.entries(malformed)) {
    const named = Object.entries(calls(session)).map(([name, call]) => [`${what}, ${name}: is no session`, call])
    refused('no_such_session', Object.fromEntries(named))
    refused('invalid_session_id', { [`${what}, create: is no foreign ID`]: create({}, { session }) })
  }

  refused('native_id', {
    'of our own making cannot be chosen': create({}, { session: newSessionId() }),
    'of a live session cannot be chosen': create({}, { session: id }),
  })
  const missing = Object.entries(calls('')).map(([name, call]) => {
    delete call.session
    return [`that is missing, ${name}`, call]
  })
  refused('missing_session_id', Object.fromEntries(missing))
})

describe('invalid_header', () => {
  const tags: Record<string, string> = {
    'a weak tag': `W/"${version}"`,
    'a tag without quotes': version,
    'a tag that is no version': '"abc"',
    'an empty tag': '""',
    'half a quote': `"${version}`,
    'one quote': '"',
    'a list': `"${version}", "${version}"`,
    'a list with a star': `*, "${version}"`,
    'a version too long': `"${version}A"`,
  }
  for (const [name, call] of Object.entries({ replace, patch })) {
    const table = Object.entries(tags).map(([what, tag]) => [
      `If-Match, ${name}: ${what}`,
      call(id, { data: 1 }, ifMatch(tag)),
    ])
    refused('invalid_header If-Match', Object.fromEntries(table))
  }
  refused('invalid_header Strict', {
    'Strict: another word': read(id, { headers: { Strict: 'yes' } }),
    'Strict: a number': read(id, { headers: { Strict: '1' } }),
    'Strict: twice': read(id, { headers: { Strict: 'true, true' } }),
  })
})

describe('unsupported_media_type', () => {
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/json-patch+json',
    'json',
  ]
  for (const name of ALL) {
    const own = name === 'patch' ? types : [...types, 'application/merge-patch+json']
    const table = own.map((type) => [`${name}: ${type}`, withBody[name]?.({ raw: '{"data":1}', type })])
    refused('unsupported_media_type', Object.fromEntries(table) as Table)
  }

  it('is not said of JSON by any of its names, nor of a body without a type', async () => {
    for (const type of [
      'application/json',
      'Application/JSON',
      'application/json;charset=UTF-8',
      'application/json ; x="y"',
      null,
    ]) {
      await api.ok(create(undefined, { raw: '{"data":1}', type }))
    }
  })
})

describe('body_too_large', () => {
  const large = (bytes: number): string => `{"data":"${'x'.repeat(bytes - '{"data":""}'.length)}"}`
  refused('body_too_large', everywhere(ALL, { 'a byte too many': large(MAX_BODY + 1) }))
  refused('body_too_large', everywhere(ALL, { 'and not JSON either': 'x'.repeat(MAX_BODY + 1) }))

  for (const name of ALL) {
    it(`${name}: a byte too many, of a length that was not announced`, async () => {
      const raw = new Blob([large(MAX_BODY + 1)]).stream()
      assert.equal(await api.refusal(withBody[name]?.({ raw }) ?? assert.fail()), 'body_too_large')
    })
  }

  it('is said before a body is sent that was announced to be so', async () => {
    const headers = { Authorization: `Bearer ${deployment.token}`, 'Content-Length': String(64 * 1024 * 1024) }
    const announced = request(new URL('/v1/sessions', deployment.stack.url()), { method: 'POST', headers })
    announced.flushHeaders()
    const [response] = (await once(announced, 'response')) as [IncomingMessage]
    assert.equal(response.statusCode, 413)
    announced.destroy()
  })

  it('is not said of as much as is allowed', async () => {
    await api.ok(create(undefined, { raw: large(MAX_BODY) }))
    await api.ok(create(undefined, { raw: new Blob([large(MAX_BODY)]).stream() }))
  })

  it('data_too_large is said where a patch would make the data so', async () => {
    const half = 'x'.repeat(MAX_BODY / 2)
    const session = await api.ok(create({ data: { a: half } }))
    assert.equal(await api.refusal(patch(session.id, { data: { b: half } })), 'data_too_large')
    assert.deepEqual((await api.ok(read(session.id))).data, { a: half })
  })
})

describe('after all that', () => {
  it('the session is what it was', async () => {
    const session = await api.ok(read(id))
    assert.deepEqual([session.data, session.user, session.label], [{ kept: true }, 'ada', 'phone'])
    assert.equal(session.version, version)
  })

  it('what is well formed passes, however odd', async () => {
    const odd: Call[] = [
      create(undefined, { raw: ' \t\r\n{ "data" : 1 } \n' }),
      create({ user: null, label: null }),
      create({ data: 1 }, { session: randomUUID(), headers: { Strict: 'whatever', 'If-Match': 'here' } }),
      read(id, { path: '/v1/session?any=thing' }),
    ]
    for (const call of odd) await api.ok(call)
  })
})
