/**
 * Ways to seal a session into a string and to open it again, each as its documentation has it and at its best. JSON in,
 * text out; text in, JSON out. The file runs in Node and, bundled, in workerd.
 */

import { gcm } from '@noble/ciphers/aes.js'
import { sealData, unsealData } from 'iron-session'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { Sealer, generateKeys } from 'sealed-session'

/** Something that seals and opens. */
export interface Contender {
  seal: (session: object) => string | Promise<string>
  open: (sealed: string) => unknown
}

const PASSWORD = 'a password that is longer than thirty-two characters'
const TTL = 7 * 86_400
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const CONTENDERS: Record<string, () => Contender | Promise<Contender>> = {
  'sealed-session': () => {
    const sealer = new Sealer(generateKeys())
    const scope = { purpose: 'session', subject: 'id' }
    return {
      seal: (session) => sealer.sealText(session, { ...scope, ttl: TTL }),
      open: (sealed) => sealer.openText(sealed, scope),
    }
  },

  'node:crypto, HKDF': () => byNode(),

  'WebCrypto, HKDF': () => byWebCrypto(false),

  'WebCrypto, one cached key': () => byWebCrypto(true),

  'jose, bytes': () => byJose(crypto.getRandomValues(new Uint8Array(32))),

  'jose, CryptoKey': async () =>
    byJose(await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])),

  'iron-session': () => ({
    seal: (session) => sealData(session, { password: PASSWORD, ttl: TTL }),
    open: (sealed) => unsealData(sealed, { password: PASSWORD, ttl: TTL }),
  }),

  '@hapi/iron, password': () => byIron(PASSWORD),

  '@hapi/iron, key': () => byIron(Buffer.from(crypto.getRandomValues(new Uint8Array(32)))),

  // For the scale: it encrypts nothing.
  'cookie-session, signs only': async () => {
    const { default: Keygrip } = await import('keygrip')
    const keygrip = new Keygrip([PASSWORD])
    return {
      seal: (session) => {
        const value = Buffer.from(JSON.stringify(session)).toString('base64')
        return `${value}.${keygrip.sign(`session=${value}`)}`
      },
      open: (sealed) => {
        const [value = '', signature = ''] = sealed.split('.')
        if (!keygrip.verify(`session=${value}`, signature)) throw new Error('not signed')
        return JSON.parse(Buffer.from(value, 'base64').toString())
      },
    }
  },

  '@noble/ciphers, one key': () => {
    const key = crypto.getRandomValues(new Uint8Array(32))
    return {
      seal: (session) => {
        const nonce = crypto.getRandomValues(new Uint8Array(12))
        return text(nonce, gcm(key, nonce).encrypt(encoder.encode(JSON.stringify(session))))
      },
      open: (sealed) => {
        const bytes = Buffer.from(sealed, 'base64url')
        return JSON.parse(decoder.decode(gcm(key, bytes.subarray(0, 12)).decrypt(bytes.subarray(12))))
      },
    }
  },
}

/** `node:crypto`, a key for each envelope: nothing that commits, pads or is bound to a name. */
function byNode(): Contender {
  const { createCipheriv, createDecipheriv, hkdfSync, randomBytes } = process.getBuiltinModule('node:crypto')
  const [root, info] = [randomBytes(32), Buffer.from('session')]
  return {
    seal: (session) => {
      const [salt, iv] = [randomBytes(16), randomBytes(12)]
      const cipher = createCipheriv('aes-256-gcm', new Uint8Array(hkdfSync('sha256', root, salt, info, 32)), iv)
      const sealed = cipher.update(JSON.stringify(session), 'utf8')
      return text(salt, iv, sealed, cipher.final(), cipher.getAuthTag())
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed, 'base64url')
      const key = new Uint8Array(hkdfSync('sha256', root, bytes.subarray(0, 16), info, 32))
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(16, 28))
      decipher.setAuthTag(bytes.subarray(-16))
      return JSON.parse(decipher.update(bytes.subarray(28, -16), undefined, 'utf8') + decipher.final('utf8'))
    },
  }
}

async function byWebCrypto(isCached: boolean): Promise<Contender> {
  const usages = ['encrypt', 'decrypt'] as const
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const [root, cached] = await Promise.all([
    crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey']),
    crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [...usages]),
  ])
  const info = encoder.encode('session')
  const key = async (salt: Uint8Array<ArrayBuffer>, usage: (typeof usages)[number]): Promise<CryptoKey> => {
    if (isCached) return cached
    return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info }, root, { name: 'AES-GCM', length: 256 }, false, [usage])
  }
  return {
    seal: async (session) => {
      const salt = crypto.getRandomValues(new Uint8Array(16))
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const payload = encoder.encode(JSON.stringify(session))
      return text(salt, iv, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await key(salt, 'encrypt'), payload)))
    },
    open: async (sealed) => {
      const bytes = new Uint8Array(Buffer.from(sealed, 'base64url'))
      const iv = bytes.subarray(16, 28)
      const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await key(bytes.subarray(0, 16), 'decrypt'), bytes.subarray(28))
      return JSON.parse(decoder.decode(opened))
    },
  }
}

function byJose(key: Uint8Array | CryptoKey): Contender {
  return {
    seal: (session) =>
      new CompactEncrypt(encoder.encode(JSON.stringify(session))).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(key),
    open: async (sealed) => JSON.parse(decoder.decode((await compactDecrypt(sealed, key)).plaintext)),
  }
}

/** Looked for when it is asked for: it is written for Node, and does not bundle. */
async function byIron(password: string | Buffer): Promise<Contender> {
  const { default: Iron } = await import('@hapi/iron')
  return {
    seal: (session) => Iron.seal(session, password, Iron.defaults),
    open: (sealed) => Iron.unseal(sealed, password, Iron.defaults),
  }
}

const text = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString('base64url')

/** A session whose JSON has about this many bytes. */
export function session(bytes: number): object {
  const whole = { user: 'u_1', role: 'user', csrf: 'n2Rf0GcGcGQ', cart: [{ sku: 'tea-001', count: 2 }], notes: '' }
  const word = 'The quick brown fox jumps over the lazy dog. '
  whole.notes = word.repeat(Math.ceil(bytes / word.length)).slice(0, Math.max(0, bytes - JSON.stringify(whole).length))
  return whole
}

/** Runs so many seals and opens, so many at a time. */
export async function run({ seal, open }: Contender, payload: object, count: number, atOnce: number): Promise<void> {
  if (atOnce === 1) {
    for (let i = 0; i < count; i += 1) {
      let sealed = seal(payload)
      if (typeof sealed !== 'string') sealed = await sealed
      const opened = open(sealed)
      if (opened instanceof Promise) await opened
    }
    return
  }
  const one = async (): Promise<unknown> => open(await seal(payload))
  for (let i = 0; i < count; i += atOnce) await Promise.all(Array.from({ length: atOnce }, one))
}
