/** The package as people get it: packed, installed into an empty project, and the conformance script beside it. */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'

import { type Plugin, build } from 'esbuild'

import { run } from './run.ts'

const ROOT = join(import.meta.dirname, '../..')
const PKG = join(ROOT, 'pkg')

export interface Installed {
  /** The project's directory, outside this repository, so that nothing resolves into it. */
  directory: string
  /** The tarball's files, sorted. */
  files: string[]
  tarball: string
  remove(): void
}

/** Packs and installs. Nothing may need the registry: the package has no dependencies. */
export async function install(): Promise<Installed> {
  const directory = mkdtempSync(join(tmpdir(), 'sealed-session-installed-'))
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n')
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], { cwd: PKG })
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  const tarball = join(directory, filename)
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], { cwd: directory })
  return {
    directory,
    tarball,
    files: files.map(({ path }) => path).toSorted(),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Adds the conformance script, as `conformance.mjs` and `conformance.cjs`, and what starts it. */
export async function addConformance({ directory }: Installed): Promise<void> {
  for (const format of ['esm', 'cjs'] as const) {
    await build({
      entryPoints: [join(import.meta.dirname, 'conformance/index.ts')],
      outfile: join(directory, `conformance.${format === 'esm' ? 'mjs' : 'cjs'}`),
      bundle: true,
      format,
      platform: 'neutral',
      target: 'es2023',
      plugins: [fromTheInstalled],
      logLevel: 'warning',
    })
  }
  cpSync(join(import.meta.dirname, 'entries'), directory, { recursive: true })
  mkdirSync(join(directory, 'out'), { recursive: true })
}

/**
 * What the script takes from the package stays outside of it: its entries by name, and its inner files, which `exports` shows
 * nobody, by their path in node_modules. So each runtime loads the package's own files in its own way.
 */
const fromTheInstalled: Plugin = {
  name: 'from-the-installed',
  setup(build) {
    build.onResolve({ filter: /^sealed-session($|\/)/ }, ({ path }) => ({ path, external: true }))
    build.onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) => {
      const file = relative(join(PKG, 'src'), join(resolveDir, path))
      if (file.startsWith('..')) return undefined
      const built = file.split(sep).join('/').replace(/\.ts$/u, '.js')
      return { path: `./node_modules/sealed-session/dist/${built}`, external: true }
    })
  },
}
