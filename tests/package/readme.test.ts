/** The package's README shows what runs: snippets of the examples as they are, and programs that do what they say. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { generateKeys } from 'sealed-session'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const snippets = [...read('pkg/README.md').matchAll(/```ts\n([^]*?)```/gu)].map(([, code = '']) => code)

describe('README.md', () => {
  for (const snippet of snippets) {
    const example = /^\/\/ (examples\/\S+)\n/u.exec(snippet)?.[1]
    if (example === undefined) continue
    it(`shows ${example} as it is`, () => {
      let rest = read(example)
      for (const line of snippet.split('\n').slice(1)) {
        const at = rest.indexOf(line)
        assert.ok(at >= 0, `not in it, or not in this order: ${line}`)
        rest = rest.slice(at + line.length)
      }
    })
  }

  it('has programs that run', async () => {
    const programs = snippets.filter((code) => code.startsWith('import '))
    assert.equal(programs.length, 2)
    process.env['SESSION_KEYS'] = generateKeys()
    const directory = new URL('../../.build/readme/', import.meta.url)
    mkdirSync(directory, { recursive: true })
    for (const [number, program] of programs.entries()) {
      const file = new URL(`${number}.ts`, directory)
      writeFileSync(file, program)
      await import(file.href)
    }
  })
})
