/** Runs a bundle in Vercel's edge runtime, as far as that is published: the package `edge-runtime`, not Vercel itself. */

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { EdgeRuntime } from 'edge-runtime'

/** What it answers. `directory` has the bundle, and the WebAssembly that the platform hands to it. */
export async function inEdgeLight(directory: string, bundle: string): Promise<string> {
  const runtime = new EdgeRuntime()
  const compile = runtime.evaluate<(bytes: Uint8Array) => WebAssembly.Module>('(bytes) => new WebAssembly.Module(new Uint8Array(bytes))')
  const modules = readdirSync(directory)
    .filter((file) => file.endsWith('.wasm'))
    .map((file) => [`wasm:${file}`, compile(readFileSync(join(directory, file)))])
  Object.assign(runtime.context, Object.fromEntries(modules))
  // Vercel compiles nothing at run time.
  runtime.evaluate(`WebAssembly.Module = new Proxy(WebAssembly.Module, { construct() { throw new Error('compiled from bytes') } })`)
  runtime.evaluate(readFileSync(join(directory, bundle), 'utf8'))
  const response = await runtime.dispatchFetch('https://edge.test/')
  await response.waitUntil()
  return response.text()
}
