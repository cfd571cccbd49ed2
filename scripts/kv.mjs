// `make kv`: shows what somebody would see who copied the local store: the keys, their expiry, and the first bytes of some
// values. `make kv FIND=text` also looks for a text in every file of it, as it is, in base64 and in hex.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const STORE = '.state/kv'
const VALUES_SHOWN = 2
const BYTES_SHOWN = 96

if (!existsSync(STORE)) {
  console.log('There is no local store yet: make start creates it')
  process.exit()
}

const keys = JSON.parse(wrangler('list').toString())
console.log(`The local KV namespace SESSIONS holds ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`)
for (const { name, expiration, metadata } of keys) {
  const expires = expiration ? `until ${new Date(expiration * 1000).toISOString()}` : 'for good'
  console.log(`  ${name}  ${expires}${metadata === undefined ? '' : `  ${JSON.stringify(metadata)}`}`)
}
// A user's index entries (`u:`) have no value; what they say is sealed in their metadata.
for (const { name } of keys.filter(({ name }) => !name.startsWith('u:')).slice(0, VALUES_SHOWN)) {
  const value = wrangler('get', name)
  console.log(`\n${name}: ${value.length} bytes`)
  for (let at = 0; at < Math.min(value.length, BYTES_SHOWN); at += 16) console.log(`  ${hexLine(value.subarray(at, at + 16))}`)
  if (value.length > BYTES_SHOWN) console.log('  …')
}

const objects = objectFiles()
if (objects) console.log(`\n${objects} local Durable Objects hold sessions of STORE=durable; FIND looks into them too`)
if (process.env.FIND) find(process.env.FIND)
else if (keys.length || objects) console.log('\nTo look for a text in all of it: make kv FIND=tea')

function objectFiles() {
  const files = readdirSync(STORE, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /SessionShard\/[0-9a-f]{64}\.sqlite$/u.test(file)).length
}

/** Says which of the store's files hold `text`, and among what. */
function find(text) {
  const files = readdirSync(STORE, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const spellings = spellingsOf(Buffer.from(text))
  const found = files.flatMap((file) => {
    const path = join(file.parentPath, file.name)
    const bytes = readFileSync(path)
    const at = placeOf(spellings, bytes)
    return at < 0 ? [] : [`  ${path}\n    … ${printable(bytes.subarray(Math.max(0, at - 30), at + 50))} …`]
  })
  console.log(`\n"${text}", as it is, in base64 or in hex: in ${found.length} of the store's ${files.length} files`)
  for (const place of found) console.log(place)
}

function placeOf({ exact, hex }, bytes) {
  const places = exact.map((spelling) => bytes.indexOf(spelling)).filter((at) => at >= 0)
  return places[0] ?? bytes.toString('latin1').toLowerCase().indexOf(hex)
}

/** Base64 depends on where in its three bytes a text begins; what a neighbour's bits would change is left out. */
function spellingsOf(bytes) {
  const base64 = [0, 1, 2].flatMap((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes])
    const whole = shifted.toString('base64url').slice(Math.ceil((before * 4) / 3), Math.floor((shifted.length * 4) / 3))
    return [whole, whole.replaceAll('-', '+').replaceAll('_', '/')]
  })
  // Three characters of base64 turn up by chance.
  return { exact: [bytes, ...base64.filter((text) => text.length > 3)], hex: bytes.toString('hex') }
}

function wrangler(verb, ...rest) {
  const command = ['kv', 'key', verb, ...rest, '--binding', 'SESSIONS', '--local', '--persist-to', STORE]
  const ran = spawnSync(process.execPath, ['node_modules/wrangler/bin/wrangler.js', ...command], {
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (ran.status === 0) return ran.stdout
  process.stderr.write(ran.stderr)
  console.error(`Cannot look into the store: wrangler ${command.join(' ')} ended with status ${ran.status}`)
  process.exit(1)
}

function hexLine(bytes) {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return `${hex.padEnd(47)}  ${printable(bytes)}`
}

function printable(bytes) {
  return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCodePoint(byte) : '.')).join('')
}
