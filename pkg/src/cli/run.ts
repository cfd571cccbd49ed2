import { SealedSessionError } from '../errors.ts';
import { type Command, DONE, FAILED, type Terminal, UsageError, WRONGLY_CALLED } from './command.ts';
import { doctor } from './doctor/command.ts';
import { databunkerImport } from './import/command.ts';
import { inspect } from './inspect/command.ts';
import { keygen } from './keygen.ts';
import { rotate } from './rotate.ts';
import { token } from './token.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['keygen', keygen],
  ['rotate', rotate],
  ['token', token],
  ['inspect', inspect],
  ['doctor', doctor],
  ['import', databunkerImport],
]);

/** Runs a command line, and says its exit code: 0 done, 1 failed, 2 called wrongly. */
export async function run([name, ...args]: string[], terminal: Terminal): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    terminal.out(overview());
    return name === undefined ? WRONGLY_CALLED : DONE;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) {
    terminal.note(`sealed-session: there is no command ${JSON.stringify(name)}`);
    terminal.note(overview());
    return WRONGLY_CALLED;
  }
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(command.help);
    return DONE;
  }
  try {
    return await command.run(args, terminal);
  } catch (error) {
    return failed(error, name, terminal);
  }
}

function failed(error: unknown, name: string, { note, status }: Terminal): number {
  status?.('');
  if (error instanceof UsageError || isParseError(error)) {
    // The parser repeats what it does not expect, and that may be a secret.
    const isStray = 'code' in error && error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';
    note(`sealed-session ${name}: ${isStray ? 'it takes options only' : error.message}`);
    note(`Try: npx sealed-session ${name} --help`);
    return WRONGLY_CALLED;
  }
  if (!(error instanceof SealedSessionError) && !isSystemError(error)) throw error;
  note(`sealed-session ${name}: ${error.message}`);
  return FAILED;
}

/** What `parseArgs` throws at a person. */
function isParseError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

/** A file that cannot be read or written, and its path. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function overview(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length));
  const lines = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return ['Encrypted sessions: keys and deployments', '', 'npx sealed-session <command> [--help]', '', ...lines, '', ENDING].join('\n');
}

const ENDING = `Each command takes --json, reads secrets from the environment or standard input, and never from
arguments. Exit codes: 0 done, 1 failed, 2 called wrongly.`;
