/** Round trips through what people import. */

import { Sealer, SealedSessionError, generateKeys, memoryStore, sessions } from 'sealed-session'
import { sealedCookie } from 'sealed-session/cookie'
import { sealedSerializer } from 'sealed-session/serializer'

import { codeOf, equal } from './check.ts'

export async function entries(): Promise<void> {
  const keys = generateKeys()
  sealer(keys)
  cookie(keys)
  serializer(keys)
  await lives(keys)
}

function sealer(keys: string): void {
  const sealer = new Sealer(keys)
  const [short, long] = [{ invite: 7, text: '☕' }, 'x'.repeat(100_000)]
  for (const value of [short, long]) {
    const sealed = sealer.sealText(value, { purpose: 'test', ttl: '1h' })
    equal(sealer.openText(sealed, { purpose: 'test' }), value, 'Sealer opens what it sealed')
    equal(codeOf(() => sealer.openText(sealed, { purpose: 'another' })), 'unauthentic', 'Sealer refuses another purpose')
  }
  equal(codeOf(() => new Sealer(undefined)), 'missing_keys', 'Sealer wants keys')
}

function cookie(keys: string): void {
  const jar = sealedCookie<{ name: string }>({ keys, name: 'me', ttl: '7d' })
  const headers = new Headers()
  jar.write(headers, { name: 'Ada' })
  const pair = headers.get('set-cookie')?.split(';')[0]
  // As text: browsers let no script put a cookie into a Request.
  equal(jar.read(pair), { name: 'Ada' }, 'sealedCookie reads what it wrote')
}

function serializer(keys: string): void {
  const serializer = sealedSerializer<{ visits: number }>({ keys, ttl: '1d' })
  equal(serializer.parse(serializer.stringify({ visits: 1 })), { visits: 1 }, 'sealedSerializer parses what it wrote')
}

async function lives(keys: string): Promise<void> {
  const all = sessions<{ cart: string[] }>({ keys, store: memoryStore() })
  const { id, csrf } = await all.create({ data: { cart: [] } })
  equal(csrf, all.csrfToken(id), 'csrfToken')
  await all.patch(id, { cart: ['tea ☕'] })
  equal((await all.read(id))?.data, { cart: ['tea ☕'] }, 'a session is read')
  const login = await all.regenerate(id, { user: 'ada' })
  equal(await all.read(id), undefined, 'the ID before a login is dead')
  equal((await all.user('ada').list()).sessions.map(({ handle }) => handle), [login.handle], "a user's sessions")
  await all.end(login.id)
  equal(await all.read(login.id), undefined, 'an end is an end')
  const refused = await all.replace(login.id, { cart: [] }).catch((error: unknown) => error)
  equal(refused instanceof SealedSessionError && refused.code, 'no_such_session', 'one class of errors in all entries')
}
