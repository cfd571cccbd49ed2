/** The contract itself: it holds together, and it is what the Worker hands out. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { type Json, at, contract, escaped, fits, operations } from './support/contract.ts'
import { Deployment } from './support/deployment.ts'

type Node = { [name: string]: Json }

describe('docs/openapi.yaml', () => {
  it('refers to nothing that is not there', () => {
    for (const [pointer, value] of everyNode()) {
      if (!pointer.endsWith('/$ref')) continue
      assert.ok(at((value as string).slice(1)), `${pointer}: ${JSON.stringify(value)}`)
    }
  })

  it('defines nothing that nobody uses', () => {
    const used = new Set(
      everyNode()
        .filter(([pointer]) => pointer.endsWith('/$ref'))
        .map(([, value]) => value),
    )
    // What may come back from paths and methods that are not in it.
    for (const name of ['NoSuchRoute', 'MethodNotAllowed']) used.add(`#/components/responses/${name}`)
    for (const kind of ['headers', 'parameters', 'responses', 'schemas']) {
      for (const name of Object.keys(at(`/components/${kind}`) ?? {})) {
        assert.ok(used.has(`#/components/${kind}/${name}`), `${kind}/${name}`)
      }
    }
  })

  it('names each operation once', () => {
    const names = operations().map(({ pointer }) => at(pointer)?.['operationId'])
    assert.equal(new Set(names).size, names.length)
    assert.ok(names.every((name) => typeof name === 'string'))
  })

  it('gives examples that are valid', () => {
    let count = 0
    for (const [pointer, value] of everyNode()) {
      const [, parent, name] = /^(.*)\/([^/]*)$/u.exec(pointer) ?? []
      const holder = at(parent ?? '')
      const schema = holder?.['schema'] === undefined ? parent : `${parent}/schema`
      const examples =
        name === 'example'
          ? [value]
          : name === 'examples' && Array.isArray(value)
            ? value
            : name === 'examples'
              ? Object.values(value as Node).map((example) => (example as Node)['value'])
              : []
      for (const example of examples) fits(schema ?? '', example, pointer)
      count += examples.length
    }
    assert.ok(count > 20, `only ${count} examples`)
  })

  it('lets every call fail as every call can', () => {
    for (const { path, pointer } of operations()) {
      const statuses = Object.keys(at(`${pointer}/responses`) ?? {})
      const common = path.startsWith('/v1/') ? ['401', '403', '500', '503'] : []
      for (const status of common) assert.ok(statuses.includes(status), `${pointer}: ${status}`)
    }
  })

  it('lists every code that some call can answer, and no other', () => {
    const listed = at('/components/schemas/Code')?.['enum'] as string[]
    assert.deepEqual(listed, listed.toSorted())
    const answered = new Set<string>()
    for (const [pointer, value] of everyNode()) {
      if (!pointer.includes('application~1problem+json') || !pointer.includes('/properties/code/')) continue
      if (pointer.endsWith('/const') || /\/enum\/\d+$/u.test(pointer)) answered.add(value as string)
    }
    assert.deepEqual([...answered].toSorted(), listed)
  })

  it('has all codes of the kernel', () => {
    const source = readFileSync(new URL('../../src/session/error.rs', import.meta.url), 'utf8')
    const [, codes = ''] = /const CODES: [^=]* = \[([^\]]*)\]/u.exec(source) ?? []
    const ofKernel = [...codes.matchAll(/"(\w+)"/gu)].map(([, code]) => code)
    const listed = at('/components/schemas/Code')?.['enum'] as string[]
    assert.ok(ofKernel.length > 5)
    assert.deepEqual(
      ofKernel.filter((code) => !listed.includes(code ?? '')),
      [],
    )
  })
})

describe('GET /openapi.json', () => {
  it('is docs/openapi.yaml', async () => {
    await using deployment = await Deployment.start()
    const { status, body } = await deployment.api.as(null).send({ method: 'GET', path: '/openapi.json' })
    assert.equal(status, 200)
    assert.deepEqual(body, contract)
  })
})

/** Every value in the document, by its pointer. */
function everyNode(node: Json = contract, pointer = ''): [string, Json][] {
  const members = typeof node === 'object' && node !== null ? Object.entries(node) : []
  return [[pointer, node], ...members.flatMap(([name, value]) => everyNode(value, `${pointer}/${escaped(name)}`))]
}
