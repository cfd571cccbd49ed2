/**
 * Microseconds of seal and open, natively and as WebAssembly in this Node.js, beside the same done by hand with what
 * Node.js has: node benches/kernel/bench.ts <native binary> <wasm with SIMD> <wasm without>
 */

import { execFileSync } from 'node:child_process'
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { digits, median, table } from '../support/numbers.ts'

/** Something that seals and opens payloads of one size. */
interface Sealer {
  seal: () => unknown
  open: () => unknown
}

interface Times {
  seal: number[]
  open: number[]
}

const SIZES = [256, 1024, 4096, 65_536]
const ROUNDS = 15
const ROUND_MS = 20
const OPERATIONS = ['seal', 'open'] as const

/** What the kernel exports; see src/lib.rs. */
interface Kernel {
  memory: { buffer: ArrayBuffer }
  buffer: () => number
  seal_buffer: (length: number) => number
  open_buffer: (length: number) => number
}

/** Node.js has it, and its types do not. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: unknown }
}

export async function measureKernel(native: string, simd: string, scalar: string): Promise<string> {
  const times = new Map<string, Map<number, Times>>([['native', nativeTimes(native)]])
  const contenders: Record<string, (payload: Uint8Array<ArrayBuffer>) => Sealer | Promise<Sealer>> = {
    'wasm, SIMD (as shipped)': kernel(simd),
    'wasm, no SIMD': kernel(scalar),
    'by hand, node:crypto': byHandInNode,
    'by hand, WebCrypto': byHandInWebCrypto,
  }
  const ready = new Map<string, Map<number, Sealer>>()
  for (const [name, make] of Object.entries(contenders)) {
    const sealers = new Map<number, Sealer>()
    for (const size of SIZES) sealers.set(size, await make(new Uint8Array(size).fill(120)))
    ready.set(name, sealers)
    times.set(name, new Map(SIZES.map((size) => [size, { seal: [], open: [] }])))
  }

  // The first round warms up. Everybody's turn comes in each round, back and forth.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const order = round % 2 === 0 ? [...ready] : [...ready].toReversed()
    for (const size of SIZES) {
      for (const [name, sealers] of order) {
        const { seal, open } = sealers.get(size) as Sealer
        const [sealing, opening] = [await time(seal), await time(open)]
        if (round === 0) continue
        times.get(name)?.get(size)?.seal.push(sealing)
        times.get(name)?.get(size)?.open.push(opening)
      }
    }
  }

  const cells = (cell: (size: number, rounds: number[]) => string): string[][] =>
    [...times].map(([name, bySize]) => {
      return [name, ...SIZES.flatMap((size) => OPERATIONS.map((operation) => cell(size, bySize.get(size)?.[operation] ?? [])))]
    })
  const heading = ['', ...SIZES.flatMap((size) => [`${sized(size)}: seal`, 'open'])]
  return [
    `${ROUNDS} rounds of ${ROUND_MS} ms for each cell; Node.js ${process.versions.node}, V8 ${process.versions.v8}`,
    '',
    'Microseconds, medians',
    '',
    table(heading, cells((_, rounds) => digits(median(rounds)))),
    '',
    'MB/s of payload, of the best rounds: what it does when nobody disturbs',
    '',
    table(heading, cells((size, rounds) => digits(size / Math.min(...rounds)))),
  ].join('\n')
}

function nativeTimes(binary: string): Map<number, Times> {
  const times = new Map<number, Times>(SIZES.map((size) => [size, { seal: [], open: [] }]))
  for (const line of execFileSync(binary, SIZES.map(String), { encoding: 'utf8' }).trim().split('\n')) {
    const [operation, size, micros] = line.split(' ')
    if (operation === 'seal' || operation === 'open') times.get(Number(size))?.[operation].push(Number(micros))
  }
  return times
}

/** Payload in, envelope out, and back: with the copies into and out of wasm's memory that every caller makes. */
function kernel(file: string): (payload: Uint8Array<ArrayBuffer>) => Sealer {
  const module = new WebAssembly.Module(readFileSync(file))
  return (payload) => {
    const random = (to: number, length: number): void => {
      crypto.getRandomValues(new Uint8Array(exports.memory.buffer, to, length))
    }
    const exports = new WebAssembly.Instance(module, { bench: { random } }).exports as Kernel
    const call = (operation: (length: number) => number, input: Uint8Array): Uint8Array => {
      const at = exports.buffer()
      new Uint8Array(exports.memory.buffer).set(input, at)
      const length = operation(input.length)
      return new Uint8Array(exports.memory.buffer).slice(at, at + length)
    }
    const envelope = call(exports.seal_buffer, payload)
    check(call(exports.open_buffer, envelope), payload)
    return { seal: () => call(exports.seal_buffer, payload), open: () => call(exports.open_buffer, envelope) }
  }
}

/** HKDF with a fresh salt and AES-256-GCM: neither committing, nor padded, nor in chunks. */
function byHandInNode(payload: Uint8Array<ArrayBuffer>): Sealer {
  const [root, info] = [randomBytes(32), Buffer.from('session')]
  const seal = (): Uint8Array => {
    const salt = randomBytes(16)
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', new Uint8Array(hkdfSync('sha256', root, salt, info, 32)), iv)
    const first = cipher.update(payload)
    return Buffer.concat([salt, iv, first, cipher.final(), cipher.getAuthTag()])
  }
  const open = (sealed: Uint8Array): Uint8Array => {
    const key = new Uint8Array(hkdfSync('sha256', root, sealed.subarray(0, 16), info, 32))
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(16, 28))
    decipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(28, -16)), decipher.final()])
  }
  const sealed = seal()
  check(open(sealed), payload)
  return { seal, open: () => open(sealed) }
}

/** The same with WebCrypto, as a Worker has it. */
async function byHandInWebCrypto(payload: Uint8Array<ArrayBuffer>): Promise<Sealer> {
  const root = await crypto.subtle.importKey('raw', randomBytes(32), 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode('session')
  const key = (salt: Uint8Array<ArrayBuffer>, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> => {
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info }
    return crypto.subtle.deriveKey(hkdf, root, { name: 'AES-GCM', length: 256 }, false, [usage])
  }
  const seal = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const salt = crypto.getRandomValues(new Uint8Array(16))
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await key(salt, 'encrypt'), payload)
    const envelope = new Uint8Array(28 + sealed.byteLength)
    envelope.set(salt)
    envelope.set(iv, 16)
    envelope.set(new Uint8Array(sealed), 28)
    return envelope
  }
  const open = async (sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
    const iv = sealed.subarray(16, 28)
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await key(sealed.subarray(0, 16), 'decrypt'), sealed.subarray(28))
    return new Uint8Array(plain)
  }
  const sealed = await seal()
  check(await open(sealed), payload)
  return { seal, open: () => open(sealed) }
}

/** Microseconds of one call, one after the other, of as many as fit into a while. */
async function time(call: () => unknown): Promise<number> {
  const began = performance.now()
  let calls = 0
  while (performance.now() - began < ROUND_MS) {
    for (let i = 0; i < 8; i += 1) {
      const made = call()
      if (made instanceof Promise) await made
    }
    calls += 8
  }
  return ((performance.now() - began) * 1_000) / calls
}

function check(opened: Uint8Array, payload: Uint8Array): void {
  if (Buffer.compare(opened, payload) !== 0) throw new Error('what was opened is not what was sealed')
}

const sized = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`)

if (import.meta.main) {
  const [native = '', simd = '', scalar = ''] = process.argv.slice(2)
  console.log(await measureKernel(native, simd, scalar))
}
