/** The lines that a process writes to one of its streams. */

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export class Lines {
  readonly all: string[] = []
  readonly #watchers = new Set<(line: string) => void>()

  follow(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.all.push(line)
      for (const watcher of this.#watchers) watcher(line)
    })
  }

  /** The first line that matches, written already or yet to come. */
  async find(matches: (line: string) => boolean, { timeoutMs = 5_000 } = {}): Promise<string> {
    const written = this.all.find(matches)
    if (written !== undefined) return written
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const watcher = (line: string): void => {
      if (matches(line)) resolve(line)
    }
    const timer = setTimeout(() => reject(new Error(`no such line in:\n${this.all.join('\n')}`)), timeoutMs)
    this.#watchers.add(watcher)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#watchers.delete(watcher)
    }
  }

  clear(): void {
    this.all.length = 0
  }
}
