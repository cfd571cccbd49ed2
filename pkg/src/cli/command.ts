/** Where a command writes, and what it is given. What is for a pipe and what is for a person are two streams, so that a secret can be piped alone. */
export interface Terminal {
  /** A line of the result. */
  out: (line: string) => void;
  /** A line for whoever watches. */
  note: (line: string) => void;
  /** A line for whoever watches that takes the place of the last such line; absent where nobody sees lines change. */
  status?: ((line: string) => void) | undefined;
  /** A part of the result in colour, where colours are seen and wanted. */
  paint: (colour: Colour, text: string) => string;
  /** What must not stand on the command line comes from here, */
  env: Readonly<Record<string, string | undefined>>;
  /** or from here: standard input, whole; nothing where a person sits at it. */
  input: () => Promise<Uint8Array | undefined>;
}

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** A command of the command line. */
export interface Command {
  /** What `--help` lists. */
  summary: string;
  /** What `<command> --help` says. */
  help: string;
  /** Runs it with the arguments after its name; says the exit code. */
  run: (args: string[], terminal: Terminal) => Promise<number> | number;
}

/** Somebody called a command wrongly: told in a line, with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const DONE = 0;
export const FAILED = 1;
export const WRONGLY_CALLED = 2;
