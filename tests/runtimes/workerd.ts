/** Runs a Worker's `test` in workerd, without wrangler. */

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { run } from './run.ts'

/** All that it logged. `directory` has the Worker's main module, and the WebAssembly that it imports. */
export async function inWorkerd(directory: string, main: string): Promise<string> {
  const wasm = readdirSync(directory).filter((file) => file.endsWith('.wasm'))
  const modules = [`( name = "${main}", esModule = embed "${main}" )`, ...wasm.map((file) => `( name = "./${file}", wasm = embed "${file}" )`)]
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ ( name = "main", worker = (
    modules = [ ${modules.join(', ')} ],
    compatibilityDate = "2026-11-01",
  ) ) ],
);
`
  writeFileSync(join(directory, 'workerd.capnp'), config)
  return run(WORKERD, ['test', 'workerd.capnp'], { cwd: directory })
}

const WORKERD = join(import.meta.dirname, '../../node_modules/.bin/workerd')
