/** The release: its dry run, and what its workflow may do. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { parse } from 'yaml'

import { run } from './run.ts'

const ROOT = join(import.meta.dirname, '../..')
const WORKFLOWS = join(ROOT, '.github/workflows')

interface Workflow {
  permissions?: Record<string, string>
  jobs: Record<string, { if?: string; permissions?: Record<string, string>; steps: { uses?: string; run?: string }[] }>
}

const read = (file: string): Workflow => parse(readFileSync(join(WORKFLOWS, file), 'utf8')) as Workflow

describe('a release', () => {
  it('would publish one version of the crate and of the package', async () => {
    const would = await run('scripts/release.sh', [], { cwd: ROOT })
    const lines = would.split('\n')
    const { version } = JSON.parse(readFileSync(join(ROOT, 'pkg/package.json'), 'utf8')) as { version: string }
    assert.ok(lines.includes(`+ sealed-session@${version}`), would)
    const crate = lines.filter((line) => /^[\w./-]+\.(rs|toml|md)$|^LICENSE-\w+$/u.test(line))
    const odd = crate.filter((file) => !/^(src\/.*\.rs|Cargo\.toml(\.orig)?|README\.md|CHANGELOG\.md|LICENSE-\w+|docs\/FORMAT\.md)$/u.test(file))
    assert.deepEqual(odd, [])
    for (const file of ['src/lib.rs', 'docs/FORMAT.md', 'LICENSE-MIT']) assert.ok(crate.includes(file), file)
  })

  it('is refused where tag and version differ', async () => {
    await assert.rejects(run('scripts/release.sh', ['v999.0.0'], { cwd: ROOT }), /The tag is v999\.0\.0/u)
  })

  it('asks for an identity in the two jobs that publish, which only a tag starts', () => {
    const { permissions, jobs } = read('release.yml')
    assert.deepEqual(permissions, { contents: 'read' })
    const trusted = Object.entries(jobs).filter(([, job]) => job.permissions !== undefined)
    assert.deepEqual(trusted.map(([name]) => name), ['crate', 'package'])
    for (const [name, job] of trusted) {
      assert.deepEqual(job.permissions, { contents: 'read', 'id-token': 'write' }, name)
      assert.equal(job.if, "github.ref_type == 'tag'", name)
    }
  })

  it('knows no secret', () => {
    for (const file of readdirSync(WORKFLOWS)) assert.ok(!readFileSync(join(WORKFLOWS, file), 'utf8').includes('secrets.'), file)
  })

  it('uses actions by their hash, as every workflow does', () => {
    for (const file of readdirSync(WORKFLOWS)) {
      const uses = Object.values(read(file).jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []))
      assert.ok(uses.length > 0, file)
      for (const action of uses) assert.match(action, /@[0-9a-f]{40}$/u, file)
    }
  })
})
