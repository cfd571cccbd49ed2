/** The rules' error codes are one set, in Rust, in TypeScript and in the contract. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'

import { parse } from 'yaml'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const quoted = (text: string | undefined, quote: RegExp): string[] => [...(text ?? '').matchAll(quote)].map(([, code = '']) => code).toSorted()

const rust = quoted(/const CODES: [^=]*= \[([^\]]*)\]/u.exec(read('src/session/error.rs'))?.[1], /"(\w+)"/gu)
const typescript = quoted(/type SessionErrorCode =([^;]*);/u.exec(read('pkg/src/errors.ts'))?.[1], /'(\w+)'/gu)

it('the rules’ codes are the same in Rust and in TypeScript', () => {
  assert.ok(rust.length > 8)
  assert.deepEqual(typescript, rust)
})

it('the contract has each of them', () => {
  const contract = JSON.stringify(parse(read('docs/openapi.yaml')))
  for (const code of rust) assert.ok(contract.includes(`"${code}"`), code)
})
