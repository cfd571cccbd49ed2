// `make start`: runs the Worker on this machine, over wrangler's local Workers KV or, with STORE=durable, its local Durable
// Objects, with keys and a token of its own, and says how to talk to it.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'

const STATE = '.state/kv'
const STORES = { kv: 'Workers KV', durable: 'Durable Objects' }
const SECRETS = '.dev.vars'
const TOKEN = '.state/dev-token'
const TOKEN_LINE = /^(dev default sessions,users,admin) [0-9a-f]{64}$/mu

// The Worker is built by now, but wrangler may find it changed and build again.
const READY_WITHIN_MS = 180_000
const HEALTHY_WITHIN_MS = 2_000
const STOPPED_WITHIN_MS = 5_000

const paint = (code) => (text) => (process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text)
const bold = paint('1')
const dim = paint('2')
const red = paint('1;31')

let wrangler
let stopping = false

await main()

async function main() {
  const port = portToUse()
  const store = storeToUse()
  await refuseIfTaken(port)
  const token = writeSecrets()
  const url = `http://127.0.0.1:${port}`

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
  const output = startWrangler(port, store)
  await healthy(url, output)
  if (stopping) return

  console.log(welcome(url, token, store))
  output.follow()
}

// --- before ---

function portToUse() {
  const text = process.env.PORT || '8787'
  const port = Number(text)
  if (!/^\d+$/u.test(text) || port < 1 || port > 65_535) fail(`PORT is not a port: ${text}`, 'make start PORT=8788')
  return port
}

/** What STORE asks for; empty for what wrangler.toml says. */
function storeToUse() {
  const store = process.env.STORE || ''
  if (store && !Object.hasOwn(STORES, store)) fail(`STORE is not a store: ${store}`, `One of: ${Object.keys(STORES).join(', ')}`)
  return store
}

async function refuseIfTaken(port) {
  const probe = createServer()
  const error = await new Promise((resolve) => {
    probe.once('error', resolve)
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)))
  })
  if (error?.code === 'EADDRINUSE') {
    fail(`Port ${port} is in use`, `Stop what listens there, or take another one: make start PORT=${port + 1}`)
  }
  if (error) fail(`Cannot listen on 127.0.0.1:${port}: ${error.message}`, 'make start PORT=8788')
}

/** Makes keys and a token once, and gives the token back; `undefined` where somebody put in tokens of their own. */
function writeSecrets() {
  mkdirSync('.state', { recursive: true, mode: 0o700 })
  if (!existsSync(SECRETS)) {
    const token = newToken()
    writeSecret(SECRETS, secretsFor(token))
    return token
  }
  const secrets = readFileSync(SECRETS, 'utf8')
  const token = existsSync(TOKEN) ? readFileSync(TOKEN, 'utf8').trim() : undefined
  if (token && secrets.includes(sha256(token))) return token
  if (!TOKEN_LINE.test(secrets.replaceAll('"', '\n'))) return undefined
  // Only the token's hash is left of it, so make another one. The keys stay: what is stored stays readable.
  const fresh = newToken()
  writeSecret(SECRETS, secrets.replace(/(dev default sessions,users,admin) [0-9a-f]{64}/u, `$1 ${sha256(fresh)}`))
  return fresh
}

function newToken() {
  const token = `sst_${secret()}`
  writeSecret(TOKEN, `${token}\n`)
  return token
}

function secretsFor(token) {
  return `# Written by \`make start\`, for this machine alone. Without these keys nothing under .state/ can be read.
# Several tokens: one line each, inside the quotes.
SESSION_KEYS="slk1_${secret()},ssk1_${secret()}"
API_TOKENS="dev default sessions,users,admin ${sha256(token)}"
`
}

function writeSecret(path, text) {
  writeFileSync(path, text, { mode: 0o600 })
  chmodSync(path, 0o600)
}

/** 32 random bytes in 43 characters. */
function secret() {
  return randomBytes(32).toString('base64url')
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex')
}

// --- wrangler ---

function startWrangler(port, store) {
  const options = ['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--persist-to', STATE]
  if (store) options.push('--var', `STORE:${store}`)
  // In a process group of its own: Ctrl-C then reaches us alone, and we end wrangler and the workerd under it together.
  wrangler = spawn(
    process.execPath,
    ['node_modules/wrangler/bin/wrangler.js', 'dev', ...options, '--show-interactive-dev-session=false'],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Wrangler's local traces would hold what the Worker is careful never to write down.
      env: { ...process.env, CI: '1', NO_COLOR: '1', X_LOCAL_OBSERVABILITY: 'false', X_LOCAL_EXPLORER: 'false' },
    },
  )
  const lines = []
  let take = (line) => lines.push(line)
  for (const stream of [wrangler.stdout, wrangler.stderr]) {
    createInterface({ input: stream }).on('line', (line) => take(stripVTControlCharacters(line)))
  }
  wrangler.on('error', (error) => fail(`Cannot start wrangler: ${error.message}`))
  wrangler.on('exit', (code) => {
    if (stopping) return
    endGroup('SIGKILL')
    fail(`wrangler ended by itself, with status ${code}`, ...lines, hintFor(lines.join('\n'), port))
  })
  return { lines, follow: () => (take = (line) => line.trim() && console.log(dim(line))) }
}

async function healthy(url, output) {
  const began = Date.now()
  let answered
  let refusal = 'no answer'
  while (!stopping) {
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) })
      const body = await response.text()
      if (response.ok) return
      answered ??= Date.now()
      refusal = `${response.status} ${body.slice(0, 500)}`
    } catch {
      // Not listening yet.
    }
    const late = answered ? Date.now() - answered > HEALTHY_WITHIN_MS : Date.now() - began > READY_WITHIN_MS
    if (late) {
      await stopWrangler()
      fail(`The Worker is not healthy: GET ${url}/healthz: ${refusal}`, ...output.lines.slice(-12))
    }
    await sleep(answered ? 1_000 : 100)
  }
}

function hintFor(text, port) {
  if (/EADDRINUSE|address already in use/iu.test(text)) return `Port ${port} was taken meanwhile: make start PORT=${port + 1}`
  if (/ENOSPC|no space left/iu.test(text)) return 'The disk is full'
  return ''
}

async function stop() {
  if (stopping) return
  stopping = true
  console.log('Stopping')
  await stopWrangler()
  console.log('Stopped')
  process.exit(0)
}

async function stopWrangler() {
  stopping = true
  if (!wrangler) return
  const deadline = Date.now() + STOPPED_WITHIN_MS
  endGroup('SIGTERM')
  while (groupIsAlive()) {
    if (Date.now() > deadline) endGroup('SIGKILL')
    await sleep(50)
  }
}

function endGroup(signal) {
  try {
    process.kill(-wrangler.pid, signal)
  } catch {
    // Nobody left.
  }
}

function groupIsAlive() {
  try {
    process.kill(-wrangler.pid, 0)
    return true
  } catch {
    return false
  }
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

// --- words ---

function welcome(url, token, store) {
  const where = store ? `in ${STORES[store]}` : 'where wrangler.toml says'
  const known = token ?? '<one of the tokens whose hashes you put into .dev.vars>'
  return `
${bold(`sealed-session is running at ${url}`)}  ${dim('(Ctrl-C stops it; the sessions stay, in .state/)')}
Sessions are kept ${where}. ${dim('Each store has sessions of its own: another STORE knows none of these.')}

Its token for development is ${bold(known)}

${bold('Create a session, and read it back')} ${dim('(paste this into another terminal)')}

  TOKEN='${known}'
  ID=$(curl -s ${url}/v1/sessions -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{"user": "ada@example.org", "data": {"cart": ["Notes by the Translator"]}}' | tee /dev/stderr | sed 's/.*"id": *"\\([^"]*\\)".*/\\1/')
  curl -s ${url}/v1/session -H "Authorization: Bearer $TOKEN" -H "Session-Id: $ID"

${bold('Look into the store')}: nothing there can be read, not even who it was

  make kv FIND=Translator
`
}

function fail(...lines) {
  console.error(red(lines[0]))
  for (const line of lines.slice(1)) if (line) console.error(line)
  process.exit(1)
}
