/** What is uploaded, and how long it takes to start: node benches/size/bench.ts <build> */

import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

import { digits, median, table } from '../support/numbers.ts'
import { COMPATIBILITY_DATE } from '../support/workerd.ts'

export async function measureSize(build: string): Promise<string> {
  const files = readdirSync(build).filter((file) => /\.(js|wasm)$/u.test(file))
  const rows = files.map((file) => {
    const bytes = readFileSync(join(build, file))
    return [file, kilobytes(bytes.length), kilobytes(gzipSync(bytes, { level: 9 }).length), AIMS[file] ?? '']
  })
  const starts: number[] = []
  for (let i = 0; i < STARTS; i += 1) starts.push(await startUp(build, files))
  return [
    table(['file', 'kB', 'gzipped kB', 'aim'], rows),
    '',
    `Start-up by \`wrangler check startup\`, active time: median of ${STARTS} runs ${digits(median(starts))} ms ` +
      `(${digits(Math.min(...starts))}–${digits(Math.max(...starts))}); the platform allows 1000 ms`,
  ].join('\n')
}

/** In a directory of its own: wrangler.toml's build would build again, and the profile that is written is nobody's. */
async function startUp(build: string, files: string[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'sealed-session-startup-'))
  try {
    for (const file of files) copyFileSync(join(build, file), join(directory, file))
    const config = { name: 'startup', main: 'index.js', compatibility_date: COMPATIBILITY_DATE, kv_namespaces: [{ binding: 'SESSIONS' }] }
    writeFileSync(join(directory, 'wrangler.json'), JSON.stringify(config))
    const { stdout } = await run(process.execPath, [WRANGLER, 'check', 'startup'], {
      cwd: directory,
      timeout: 60_000,
      env: { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: join(directory, 'logs') },
    })
    const active = /Active: ([\d.]+) ms/u.exec(stdout)?.[1]
    if (active === undefined) throw new Error(`wrangler tells no active time:\n${stdout}`)
    return Number(active)
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

const kilobytes = (bytes: number): string => digits(bytes / 1_000)

const run = promisify(execFile)
const STARTS = 5
const AIMS: Record<string, string> = { 'index_bg.wasm': 'under 250 kB, 100 kB gzipped' }
const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin', 'wrangler.js')

if (import.meta.main) console.log(await measureSize(process.argv[2] ?? 'build'))
