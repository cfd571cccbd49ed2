/**
 * The encrypted session Worker that somebody would write in an afternoon: WebCrypto and the KV binding, no library.
 *
 * It does what ours does for a session that is alive: an API token known by its SHA-256, a record under a name that is not
 * the ID, a key for each record, idle and absolute lifetime inside what is encrypted, a touch at most once per tenth of the
 * idle window. It leaves out what an afternoon leaves out: ends that no late write undoes, ETags, patches, key rotation,
 * padding, users' lists, a contract for errors. Its touch rewrites the record, so it can undo somebody's write.
 */

export default {
  /** @param {Request} request */
  async fetch(request, env, ctx) {
    if (!(await isCaller(request, env))) return refusal(401)
    const { pathname } = new URL(request.url)
    const { method } = request
    if (pathname === '/v1/sessions' && method === 'POST') return create(request, env)
    if (pathname === '/v1/session' && method === 'GET') return read(request, env, ctx)
    if (pathname === '/v1/session' && method === 'PUT') return replace(request, env)
    return refusal(404)
  },
}

async function create(request, env) {
  const { data = {}, user = null } = await request.json()
  const id = base64url(crypto.getRandomValues(new Uint8Array(32)))
  const now = Date.now()
  const record = { data, user, created: now, expires: now + ABSOLUTE_MS, lastSeen: now }
  await save(env, id, record)
  return answer(201, { id, ...times(record) })
}

async function read(request, env, ctx) {
  const id = request.headers.get('Session-Id')
  if (id === null) return refusal(400)
  const record = await load(env, id)
  if (record === null) return refusal(404)
  const now = Date.now()
  if (now - record.lastSeen > IDLE_MS / 10) ctx.waitUntil(save(env, id, { ...record, lastSeen: now }))
  return answer(200, { data: record.data, user: record.user, ...times(record) })
}

async function replace(request, env) {
  const id = request.headers.get('Session-Id')
  if (id === null) return refusal(400)
  const { data } = await request.json()
  const record = await load(env, id)
  if (record === null) return refusal(404)
  const changed = { ...record, data, lastSeen: Date.now() }
  await save(env, id, changed)
  return answer(200, times(changed))
}

async function isCaller(request, { TOKEN_SHA256 }) {
  const [scheme, token] = (request.headers.get('Authorization') ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) return false
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(token))
  return crypto.subtle.timingSafeEqual(digest, Uint8Array.fromHex(TOKEN_SHA256))
}

/** The record under an ID, unless its time is over. */
async function load(env, id) {
  const sealed = await env.SESSIONS.get(await nameOf(id), { type: 'arrayBuffer', cacheTtl: 30 })
  if (sealed === null) return null
  const salt = new Uint8Array(sealed, 0, SALT_LENGTH)
  const iv = new Uint8Array(sealed, SALT_LENGTH, IV_LENGTH)
  const key = await keyFor(env, id, salt, 'decrypt')
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, new Uint8Array(sealed, SALT_LENGTH + IV_LENGTH))
  const record = JSON.parse(decoder.decode(plain))
  const now = Date.now()
  return now < record.expires && now < record.lastSeen + IDLE_MS ? record : null
}

async function save(env, id, record) {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_LENGTH))
  const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH))
  const key = await keyFor(env, id, salt, 'encrypt')
  const plain = encoder.encode(JSON.stringify(record))
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain))
  const value = new Uint8Array(SALT_LENGTH + IV_LENGTH + sealed.length)
  value.set(salt)
  value.set(iv, SALT_LENGTH)
  value.set(sealed, SALT_LENGTH + IV_LENGTH)
  await env.SESSIONS.put(await nameOf(id), value, { expiration: Math.floor(record.expires / 1_000) })
}

async function nameOf(id) {
  return `s:${base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(id))))}`
}

/** Imported once: the key under which all others are derived. @type {Promise<CryptoKey> | undefined} */
let root

async function keyFor({ ROOT_KEY }, id, salt, usage) {
  root ??= crypto.subtle.importKey('raw', Uint8Array.fromHex(ROOT_KEY), 'HKDF', false, ['deriveKey'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info: encoder.encode(id) }
  return crypto.subtle.deriveKey(hkdf, await root, { name: 'AES-GCM', length: 256 }, false, [usage])
}

const times = ({ created, expires, lastSeen }) => ({
  created_at: new Date(created).toISOString(),
  expires_at: new Date(expires).toISOString(),
  last_seen_at: new Date(lastSeen).toISOString(),
  idle_expires_at: new Date(Math.min(expires, lastSeen + IDLE_MS)).toISOString(),
})

const answer = (status, body) => Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })

const refusal = (status) => answer(status, { status })

const base64url = (bytes) => bytes.toBase64({ alphabet: 'base64url', omitPadding: true })

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const IDLE_MS = 12 * 3_600_000
const ABSOLUTE_MS = 7 * 24 * 3_600_000
const SALT_LENGTH = 16
const IV_LENGTH = 12
