/** The versions of Node.js that the package is run in; scripts/setup.sh fetches those that are not there. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'

import versions from './nodes.json' with { type: 'json' }

export interface Node {
  version: string
  program: string
}

/** The oldest that `engines` allows, the one of the tests, and the newest. */
export function nodes(): Node[] {
  return [process.versions.node, ...versions].toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10)).map((version) => {
    const program = version === process.versions.node ? process.execPath : join(TOOLS, `node-${version}/node_modules/node/bin/node`)
    if (!existsSync(program)) throw new Error(`There is no Node.js ${version} in .tools/runtimes: run scripts/setup.sh`)
    return { version, program }
  })
}

const TOOLS = join(import.meta.dirname, '../../.tools/runtimes')
