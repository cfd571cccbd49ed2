/** Programs that end. */

import { spawn } from 'node:child_process'

export interface RunOptions {
  cwd: string
  env?: Record<string, string>
  timeoutMs?: number
}

/** What it prints to standard output. Rejects with all it prints where it fails. */
export function run(program: string, args: readonly string[], { cwd, env = {}, timeoutMs = 120_000 }: RunOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(program, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs })
  let [out, all] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (all += data.toString()))
  child.on('error', reject)
  child.on('close', (code, signal) => {
    if (code === 0) resolve(out)
    else reject(new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}:\n${all.slice(-4000)}`))
  })
  return promise
}
