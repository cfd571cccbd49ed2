/** Builds a Worker as `wrangler deploy` would, for workerd. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** A directory with `index.js` and its modules. */
export interface WorkerBuild {
  directory: string
  discard: () => Promise<void>
}

/** `file` is an `index.ts`, `config` its wrangler.jsonc; both are paths in this repository. */
export async function buildWorker(file: string, config: string): Promise<WorkerBuild> {
  const directory = await mkdtemp(join(tmpdir(), 'sealed-session-worker-'))
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  const options = ['deploy', join(ROOT, file), '--config', join(ROOT, config), '--dry-run', '--outdir', directory]
  const env = { ...process.env, CI: '1', NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
  const build = spawn(process.execPath, [wrangler, ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [build.stdout, build.stderr]) stream.on('data', (data) => said.push(String(data)))
  const [code] = await once(build, 'close')
  if (code !== 0) throw new Error(`wrangler ended with ${code}:\n${said.join('')}`)
  return { directory, discard: () => rm(directory, { recursive: true }) }
}
