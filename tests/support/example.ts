/** Starts an app of examples/ as its header says, and ends it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { freePort } from './port.ts'

export class Example {
  readonly url: string
  /** All that it printed. */
  readonly lines: string[] = []
  readonly #process: ChildProcess

  /** `file` is its path in examples/. It listens on `PORT`, and says so in a line with "listening". */
  static async start(file: string, env: Record<string, string>): Promise<Example> {
    const port = await freePort()
    const app = spawn(process.execPath, [join(import.meta.dirname, '../../examples', file)], {
      env: { PATH: process.env['PATH'], PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    process.once('exit', () => app.kill())
    const example = new Example(app, `http://127.0.0.1:${port}`)
    await example.#isListening()
    return example
  }

  private constructor(app: ChildProcess, url: string) {
    this.#process = app
    this.url = url
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill()
    await ended
  }

  async #isListening(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        this.lines.push(line)
        if (line.includes('listening')) resolve()
      })
    }
    this.#process.once('exit', (code) => reject(new Error(`the example ended with ${code}:\n${this.lines.join('\n')}`)))
    await promise
  }
}
