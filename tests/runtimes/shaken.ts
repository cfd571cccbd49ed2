/** What a bundler leaves of the package. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Bundler, withEsbuild, withWebpack } from './bundles.ts'

const bundlers = { esbuild: withEsbuild, webpack: withWebpack('web') } satisfies Record<string, Bundler>

/** The bundle of a module with this source, in the project where the package is installed. */
export async function bundled(bundler: keyof typeof bundlers, project: string, source: string): Promise<string> {
  writeFileSync(join(project, 'shaken.mjs'), source)
  const outdir = await bundlers[bundler](project, 'shaken.mjs', `shaken-${bundler}`)
  return readFileSync(join(outdir, 'shaken.js'), 'utf8')
}
