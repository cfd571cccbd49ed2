/** Runs a command line in this process, as a pipe sees it. */

import { run } from '../../pkg/src/cli/run.ts'

export interface Called {
  code: number
  /** Standard output. */
  out: string
  /** Standard error. */
  notes: string
}

export interface Surroundings {
  env?: Record<string, string>
  /** Standard input; a person where it is absent. */
  input?: string | Uint8Array
}

export async function call(args: string[], { env = {}, input }: Surroundings = {}): Promise<Called> {
  const [out, notes]: [string[], string[]] = [[], []]
  const code = await run(args, {
    out: (line) => void out.push(line),
    note: (line) => void notes.push(line),
    paint: (_, text) => text,
    env,
    input: async () => (input === undefined ? undefined : new Uint8Array(Buffer.from(input))),
  })
  return { code, out: out.join('\n'), notes: notes.join('\n') }
}
