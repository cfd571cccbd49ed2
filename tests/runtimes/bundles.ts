/** The conformance script and the package in one file, by each bundler as people set it up. */

import { copyFileSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type Plugin, build as esbuild } from 'esbuild'

import { run } from './run.ts'

/** Builds `entry` of a project into its `out/<name>/`, and returns that directory. */
export type Bundler = (project: string, entry: string, name: string) => Promise<string>

export const withEsbuild: Bundler = async (project, entry, name) => {
  const outdir = join(project, 'out', name)
  await esbuild({ entryPoints: [join(project, entry)], outdir, bundle: true, format: 'esm', platform: 'neutral', mainFields: ['module', 'main'], external: ['node:*'], logLevel: 'warning' })
  return outdir
}

/** As the build of an app that renders on a server; the package goes into the bundle, where it would stay outside by default. */
export const withViteForServers: Bundler = async (project, entry, name) => {
  const outDir = join(project, 'out', name)
  const { build } = await import('vite')
  await build({
    ...viteConfig(project, outDir),
    build: { outDir, ssr: join(project, entry), minify: false },
    ssr: { noExternal: true },
  })
  return outDir
}

/** As the build of a site: `entry` is an HTML page. */
export const withViteForBrowsers: Bundler = async (project, entry, name) => {
  const outDir = join(project, 'out', name)
  const { build } = await import('vite')
  await build({ ...viteConfig(project, outDir), base: './', build: { outDir, rolldownOptions: { input: join(project, entry) } } })
  return outDir
}

function viteConfig(root: string, outDir: string): object {
  return { root, configFile: false, logLevel: 'error', clearScreen: false, cacheDir: join(outDir, '.cache') }
}

export const withWebpack: (target: 'node' | 'web') => Bundler = (target) => async (project, entry, name) => {
  const path = join(project, 'out', name)
  const { default: webpack } = await import('webpack')
  const compiler = webpack({
    context: project,
    mode: 'production',
    target,
    entry: join(project, entry),
    output: { path, filename: basename(entry).replace(/\.mjs$/u, '.js') },
    performance: false,
  })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  compiler.run((error, stats) => {
    if (error !== null || stats === undefined || stats.hasErrors()) reject(error ?? new Error(stats?.toString('errors-only')))
    else compiler.close(() => resolve(path))
  })
  return promise
}

/** wrangler's own, which takes the files for `workerd`. */
export const withWrangler: Bundler = async (project, entry, name) => {
  const outdir = join(project, 'out', name)
  const args = ['deploy', entry, '--dry-run', '--name', 'conformance', '--compatibility-date', '2026-11-01', '--outdir', outdir]
  await run(join(BIN, 'wrangler'), args, { cwd: project, env: { WRANGLER_SEND_METRICS: 'false', CI: '1', WRANGLER_LOG_PATH: join(project, 'out', 'logs') } })
  return outdir
}

/** Next's edge runtime: what it imports as `?module` is WebAssembly that the platform compiled, here left beside the bundle. */
export const forEdgeLight: Bundler = async (project, entry, name) => {
  const outdir = join(project, 'out', name)
  const modules: Plugin = {
    name: 'wasm-modules',
    setup(build) {
      build.onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path.replace(/\?module$/u, '')), namespace: 'wasm-module' }))
      build.onLoad({ filter: /.*/, namespace: 'wasm-module' }, ({ path }) => {
        copyFileSync(path, join(outdir, basename(path)))
        return { contents: `export default globalThis[${JSON.stringify(`wasm:${basename(path)}`)}]` }
      })
    },
  }
  mkdirSync(outdir, { recursive: true })
  await esbuild({ entryPoints: [join(project, entry)], outdir, bundle: true, format: 'iife', platform: 'browser', conditions: ['edge-light'], plugins: [modules], logLevel: 'warning' })
  return outdir
}

const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
