/** The app of `kv-app/`, built as wrangler would build it, and its sessions as a test calls them. */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import { type ErrorCode, SealedSessionError, type Sessions } from 'sealed-session'

import type { Stack } from '../e2e/harness/workerd.ts'

/** The directory that it was built to. */
export async function buildApp(): Promise<string> {
  const outdir = mkdtempSync(join(tmpdir(), 'sealed-session-app-'))
  await build({
    entryPoints: [fileURLToPath(new URL('kv-app/index.ts', import.meta.url))],
    outdir,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker'],
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    logLevel: 'warning',
  })
  return outdir
}

/** Its sessions. Names alone are not asked of it: they need no store. */
export function appSessions<T>(stack: Stack, instance: string, names: Sessions<T>): Sessions<T> {
  const call = async (user: string | undefined, call: string, args: unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ user, call, args })
    const response = await stack.fetch('/', { method: 'POST', body }, instance)
    const { value, code, field } = JSON.parse(await response.text(), revive) as { value?: unknown; code?: ErrorCode; field?: string }
    if (code !== undefined) throw new SealedSessionError(code, { field })
    return value
  }
  const calls = (user: string | undefined, ...kinds: [name: string, args: number][]): object =>
    Object.fromEntries(
      kinds.map(([name, count]) => [
        name,
        async (...given: unknown[]) => {
          const { signal, ...options } = (given[count] ?? {}) as { signal?: AbortSignal }
          signal?.throwIfAborted()
          return call(user, name, [...given.slice(0, count), options])
        },
      ]),
    )
  return {
    ...calls(undefined, ['create', 0], ['read', 1], ['replace', 2], ['patch', 2], ['regenerate', 1], ['end', 1]),
    verify: async (receipt: string, user: string) => call(undefined, 'verify', [receipt, user, {}]),
    user: (user: string) => calls(user, ['list', 0], ['revoke', 1], ['revokeAll', 0], ['export', 0], ['erase', 0]),
    handle: (id: string) => names.handle(id),
    csrfToken: (id: string) => names.csrfToken(id),
  } as unknown as Sessions<T>
}

function revive(name: string, value: unknown): unknown {
  return typeof value === 'string' && /(?:At|By)$/u.test(name) ? new Date(value) : value
}
