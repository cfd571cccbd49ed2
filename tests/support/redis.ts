/** A Redis server for a test: in memory only, on a port of its own, ended with the test. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { it } from 'node:test'

import { freePort } from './port.ts'

/**
 * Why a test that needs Redis cannot run here, for `skip`. It is said aloud, too, and counted, since a suite that is skipped
 * is easily missed. To be called once in a file.
 */
export function redisIsMissing(): string | false {
  if (program() !== undefined) return false
  const reason = 'SKIPPED: there is no redis-server on the PATH (scripts/setup.sh tells how to get one)'
  console.warn(reason)
  it('needs Redis', { skip: reason })
  return reason
}

export class Redis {
  readonly url: string
  readonly #process: ChildProcess

  static async start(): Promise<Redis> {
    const file = program()
    if (file === undefined) throw new Error('there is no redis-server on the PATH')
    const port = await freePort()
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const server = spawn(file, settings, { stdio: ['ignore', 'pipe', 'inherit'] })
    // Tests that are cut off end it, too.
    process.once('exit', () => server.kill())
    await saysReady(server)
    return new Redis(server, port)
  }

  private constructor(server: ChildProcess, port: number) {
    this.#process = server
    this.url = `redis://127.0.0.1:${port}`
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    if (this.#process.kill()) await ended
  }
}

async function saysReady(server: ChildProcess): Promise<void> {
  if (server.stdout === null) throw new Error('redis-server has no output')
  const lines = createInterface(server.stdout)
  for await (const line of lines) {
    if (!line.includes('Ready to accept connections')) continue
    // What it says later is of no interest, but a full pipe would stop it.
    server.stdout.resume()
    return
  }
  throw new Error('redis-server ended before it was ready')
}

function program(): string | undefined {
  const directories = [join(import.meta.dirname, '../../.tools/bin'), ...(process.env['PATH'] ?? '').split(delimiter)]
  return directories.map((directory) => join(directory, 'redis-server')).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
