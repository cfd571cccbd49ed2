/** docs/openapi.yaml as the judge of every answer: what it does not describe, the Worker may not say. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { parse } from 'yaml'

export interface Exchange {
  method: string
  path: string
  /** What was sent, where it was JSON. */
  sent?: unknown
  status: number
  headers: Headers
  /** The answer's body. */
  text: string
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Node = { [name: string]: Json }

/** The document, as a reader has it. */
export const contract = parse(readFileSync(new URL('../../../docs/openapi.yaml', import.meta.url), 'utf8')) as Node

/** Fails where an answer is not one that the contract has for this call. Says which rule was broken. */
export function judge(exchange: Exchange): void {
  const { method, path, status, headers, text } = exchange
  const call = `${method} ${path} → ${status}`
  const { pointer, operation } = responsePointer(exchange)
  const response = at(pointer)
  assert.ok(response, `${call}: the contract has no such status: ${text}`)

  const content = response['content'] as Node | undefined
  const type = headers.get('content-type')?.split(';')[0] ?? null
  if (content === undefined) {
    assert.equal(text, '', `${call}: a body where there should be none`)
    assert.equal(type, null, `${call}: a content type without a body`)
  } else {
    assert.ok(type !== null && type in content, `${call}: ${type} is not documented`)
    const body = parsed(text, call)
    fits(`${pointer}/content/${escaped(type)}/schema`, body, `${call}: ${text}`)
    if (type === PROBLEM) assert.equal((body as Node)['status'], status, `${call}: another status in the body`)
  }
  judgeHeaders(pointer, headers, call)
  judgeRetry(exchange, call)

  // A request that was taken is one that the contract allows.
  const taken = exchange.sent !== undefined && status < 300 && operation !== undefined
  if (taken) fits(requestPointer(operation), exchange.sent, `${call}: took ${JSON.stringify(exchange.sent)}`)
}

/** Fails where a value does not fit the schema at a pointer into the contract. */
export function fits(pointer: string, value: unknown, message: string): void {
  const validate = validator(pointer)
  assert.ok(validate(value), `${message}\n${JSON.stringify(validate.errors, undefined, 2)}`)
}

/** What stands at a pointer, after following references. */
export function at(pointer: string): Node | undefined {
  let node: Json | undefined = contract
  for (const part of pointer.split('/').slice(1)) {
    node = (resolved(node) as Node | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return resolved(node) as Node | undefined
}

/** A name as a part of a pointer. */
export const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** All of the contract's operations: path, method, and the pointer to it. */
export function operations(): { path: string; method: string; pointer: string }[] {
  return Object.keys(contract['paths'] as Node).flatMap((path) => {
    const item = `/paths/${escaped(path)}`
    const methods = Object.keys(at(item) ?? {}).filter((name) => METHODS.has(name))
    return methods.map((method) => ({ path, method, pointer: `${item}/${method}` }))
  })
}

function responsePointer({ method, path, status }: Exchange): { pointer: string; operation?: string } {
  const { pathname } = new URL(path, 'http://worker')
  const item = `/paths/${escaped(template(pathname))}`
  const operation = `${item}/${method.toLowerCase()}`
  if (at(operation)) return { pointer: finalPointer(`${operation}/responses/${status}`), operation }
  // A path or a method that is not in the contract, and what may be said about it.
  if (pathname.startsWith('/databunker/')) return { pointer: `/components/responses/${BUNKER_REFUSALS[status] ?? 'none'}` }
  const known = at(item) !== undefined
  const guarded = pathname === '/v1' || pathname.startsWith('/v1/')
  const name = {
    401: guarded ? 'Unauthorized' : undefined,
    404: known ? undefined : 'NoSuchRoute',
    405: known ? 'MethodNotAllowed' : undefined,
    503: guarded ? 'NotConfigured' : undefined,
  }[status]
  return { pointer: `/components/responses/${name ?? 'none'}` }
}

/** The contract's path that this one is of, or itself where there is none. */
function template(pathname: string): string {
  const isOf = (known: string): boolean => {
    const [parts, given] = [known.split('/'), pathname.split('/')]
    return parts.length === given.length && parts.every((part, i) => part === given[i] || (part.startsWith('{') && given[i] !== ''))
  }
  return Object.keys(contract['paths'] as Node).find(isOf) ?? pathname
}

/** Where a response really stands, if it is a reference: schemas are compiled by their place. */
function finalPointer(pointer: string): string {
  const parts = pointer.split('/')
  const name = parts.pop() ?? ''
  const node = at(parts.join('/'))?.[name] as Node | undefined
  return typeof node?.['$ref'] === 'string' ? node['$ref'].slice(1) : pointer
}

function requestPointer(operation: string): string {
  const types = Object.keys(at(`${operation}/requestBody/content`) ?? {})
  return `${operation}/requestBody/content/${escaped(types[0] ?? 'none')}/schema`
}

function judgeHeaders(pointer: string, headers: Headers, call: string): void {
  const documented = at(`${pointer}/headers`) ?? {}
  for (const name of Object.keys(documented)) {
    const value = headers.get(name)
    const header = at(`${pointer}/headers/${escaped(name)}`) ?? {}
    if (value === null) {
      assert.ok(header['required'] !== true, `${call}: the header ${name} is missing`)
      continue
    }
    const schema = headerSchema(pointer, name)
    const isNumber = at(schema)?.['type'] === 'integer'
    fits(schema, isNumber ? Number(value) : value, `${call}: ${name}: ${value}`)
  }
  const names = new Set(Object.keys(documented).map((name) => name.toLowerCase()))
  for (const name of headers.keys()) {
    assert.ok(names.has(name) || FREE_HEADERS.has(name), `${call}: the header ${name} is not documented`)
  }
}

function headerSchema(pointer: string, name: string): string {
  return `${finalPointer(`${pointer}/headers/${escaped(name)}`)}/schema`
}

/** Trying again helps where the store failed, and nowhere else. */
function judgeRetry({ headers, text }: Exchange, call: string): void {
  const wanted = text.includes('"store_unavailable"') && headers.get('content-type')?.startsWith(PROBLEM) ? '1' : null
  assert.equal(headers.get('retry-after'), wanted, `${call}: Retry-After`)
}

function parsed(text: string, call: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    assert.fail(`${call}: not JSON: ${text}`)
  }
}

const resolved = (node: Json | undefined): Json | undefined => {
  const reference = (node as Node | undefined)?.['$ref']
  // A reference with siblings is a schema of its own.
  return typeof reference === 'string' && Object.keys(node as Node).length === 1 ? at(reference.slice(1)) : node
}

/** Clients shall ignore what they do not know, so the contract leaves answers open. Here nothing unknown passes. */
function closed(node: Json): Json {
  if (Array.isArray(node)) return node.map(closed)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, closed(value)]))
  const isOpen = copy['type'] === 'object' && 'properties' in copy && !('additionalProperties' in copy)
  return isOpen ? { ...copy, additionalProperties: false } : copy
}

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false })
// Schemas are compiled where they stand, so the document around them must be a schema too: one that asks for nothing.
ajv.addVocabulary(Object.keys(contract))
ajv.addSchema(closed(contract) as Node, 'contract')
const validators = new Map<string, ValidateFunction>()

function validator(pointer: string): ValidateFunction {
  const known = validators.get(pointer)
  if (known) return known
  const validate = ajv.compile({ $ref: `contract#${pointer}` })
  validators.set(pointer, validate)
  return validate
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'])
const PROBLEM = 'application/problem+json'
/** What Databunker's clients are told about calls that there are not. */
const BUNKER_REFUSALS: Record<number, string> = {
  403: 'BunkerDenied',
  404: 'BunkerRefused',
  405: 'BunkerRefused',
  503: 'BunkerFailed',
}
/** Those of HTTP itself. */
const FREE_HEADERS = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
])
