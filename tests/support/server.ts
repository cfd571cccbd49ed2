/** Starts a server in a process of its own, on a free port, and ends it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { Lines } from '../e2e/harness/lines.ts'
import { freePort } from './port.ts'

const ROOT = join(import.meta.dirname, '../..')
const BIN = join(ROOT, 'node_modules/.bin')

/** How each runtime is told to run a file that listens on `PORT` or exports a handler. */
export type Command = (port: number) => readonly [program: string, ...args: string[]]

export const node =
  (file: string): Command =>
  () => [process.execPath, file]

export const bun =
  (file: string): Command =>
  () => [join(BIN, 'bun'), file]

export const deno =
  (file: string): Command =>
  (port) => [join(BIN, 'deno'), 'serve', '--allow-env', '--host', '127.0.0.1', '--port', String(port), file]

export class Server {
  readonly url: string
  readonly lines = new Lines()
  readonly #process: ChildProcess

  /** Paths are from the root of this repository. Resolves when the server says that it listens. */
  static async start(command: Command, env: Record<string, string>): Promise<Server> {
    const port = await freePort()
    const [program, ...args] = command(port)
    const own = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(port), NO_COLOR: '1', ...env }
    const child = spawn(program, args, { cwd: ROOT, env: own, stdio: ['ignore', 'pipe', 'pipe'] })
    process.once('exit', () => child.kill())
    const server = new Server(child, `http://127.0.0.1:${port}`)
    for (const stream of [child.stdout, child.stderr]) server.lines.follow(stream)
    try {
      await server.lines.find((line) => /listening|started|ready in/iu.test(line), { timeoutMs: 20_000 })
    } catch (error) {
      await server.stop()
      throw error
    }
    return server
  }

  private constructor(child: ChildProcess, url: string) {
    this.#process = child
    this.url = url
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill()
    await ended
  }
}
