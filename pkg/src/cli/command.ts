/** Where a command writes. What is for a pipe and what is for a person are two streams, so that a secret can be piped alone. */
export interface Terminal {
  /** A line of the result. */
  out: (line: string) => void;
  /** A line for whoever watches. */
  note: (line: string) => void;
}

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
