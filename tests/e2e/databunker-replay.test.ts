/** Databunker's calls on the built Worker: as the original answers them, but for what is named (tests/databunker). */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { Bunker } from './support/databunker.ts'
import { Deployment, HOUR, SECOND } from './support/deployment.ts'

type Body = null | string | ({ text?: string; repeat?: string; times?: number })[]
interface Case {
  n: number
  name: string
  wait_before_ms?: number
  request: { method: string; path: string; headers: Record<string, string | string[]>; body: Body }
  response: { status: number; body: Body }
}
interface Difference { n: number; name: string; status: number; body: unknown }
interface Ours {
  given: { before: number; wait_ms?: number; posts?: { path: string; body: unknown }[] }[]
  differences: { reason: string; cases: Difference[] }[]
}

const file = (name: string): string => readFileSync(new URL(`../databunker/${name}.json`, import.meta.url), 'utf8')
const transcript = JSON.parse(file('transcript')) as { cases: Case[] }
const ours = parsed(file('replay')) as Ours

describe('the transcript', () => {
  it('is answered as it was, but for what is named', async () => {
    await using deployment = await Deployment.start({ vars: { DATABUNKER_LISTING: 'full' } })
    const bunker = new Bunker(deployment)
    const differences = new Map(ours.differences.flatMap(({ cases }) => cases.map((named) => [named.n, named])))
    const failures: string[] = []
    for (const asked of transcript.cases) {
      await prepare(deployment, bunker, asked)
      const got = await sent(deployment, bunker, asked)
      const same = got.status === asked.response.status && fits(deployment, parsed(got.text), parsed(text(asked.response.body)))
      const named = differences.get(asked.n)
      const expected = named === undefined ? same : !same && got.status === named.status && fits(deployment, parsed(got.text), named.body)
      if (!expected) failures.push(`${asked.n} ${asked.name}: ${got.status} ${got.text.slice(0, 300)}`)
    }
    assert.deepEqual(failures, [])
  })

  it('has its differences in the document for those who move', () => {
    const document = readFileSync(new URL('../../docs/MIGRATING-FROM-DATABUNKER.md', import.meta.url), 'utf8')
    for (const { reason } of ours.differences) assert.ok(document.includes(reason), reason)
  })
})

/** What the longer run did before this case. */
async function prepare(deployment: Deployment, bunker: Bunker, { n, wait_before_ms = 0 }: Case): Promise<void> {
  for (const { posts = [], wait_ms = 0 } of ours.given.filter(({ before }) => before === n)) {
    for (const { path, body } of posts) {
      await deployment.stack.advance(1)
      assert.equal((await bunker.send('POST', path, { body })).status, 200)
    }
    await deployment.stack.advance(wait_ms)
  }
  await deployment.stack.advance(wait_before_ms)
}

async function sent(deployment: Deployment, bunker: Bunker, { request }: Case): Promise<{ status: number; text: string }> {
  const { method, path, headers, body } = request
  const seconds = Math.floor(deployment.stack.now() / 1_000)
  const filled = text(body)
    .replaceAll('{{now+30}}', `${seconds + 30}`)
    .replaceAll('{{now-100}}', `${seconds - 100}`)
    .replaceAll('{{nowms+30}}', `${(seconds + 30) * 1_000}`)
    .replaceAll('{{alice token}}', 'a11ce000-0000-4000-8000-000000000001')
  const ready = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ').replaceAll('DEMO', deployment.token)])
  const nobody = Object.keys(headers).some((name) => name.toLowerCase() === 'x-bunker-token') ? bunker : new Bunker(deployment, null)
  return nobody.send(method, path, { ...(body === null || method === 'GET' ? {} : { raw: filled }), headers: Object.fromEntries(ready) })
}

function fits(deployment: Deployment, given: unknown, expected: unknown): boolean {
  if (expected === '<when>') return Number.isInteger(given) && Math.abs(deployment.stack.now() / 1_000 - (given as number)) < HOUR / SECOND
  if (expected === '<uuid>') return typeof given === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/u.test(given)
  if (expected === '<rows>') return Array.isArray(given)
  if (expected === '<total>') return Number.isInteger(given)
  if (typeof expected !== 'object' || expected === null || typeof given !== 'object' || given === null) return given === expected
  const [own, wanted] = [given as Record<string, unknown>, expected as Record<string, unknown>]
  const names = Object.keys(wanted)
  return Object.keys(own).length === names.length && names.every((name) => name in own && fits(deployment, own[name], wanted[name]))
}

const text = (body: Body): string =>
  Array.isArray(body) ? body.map((part) => part.text ?? (part.repeat ?? '').repeat(part.times ?? 0)).join('') : (body ?? '')

/** JSON, with integers that no number holds as text: two of them are the same only if they are written the same. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body.replaceAll(/(?<=[:[,]\s*)-?\d{16,}(?=\s*[,\]}])/gu, (digits) => (Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`)))
  } catch {
    return body
  }
}
