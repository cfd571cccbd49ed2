// Whose sessions are moved: lines `mode:value`.
import { UsageError } from '../command.ts';

/** A user as Databunker calls them. */
export interface User {
  /** The line of the file, from 1: what may be shown. */
  line: number;
  mode: string;
  identity: string;
}

/** Reads the file; empty lines and those that start with # are passed over. A user twice is one user. */
export function readUsers(file: string): User[] {
  const users = new Map<string, User>();
  for (const [at, untrimmed] of file.replace(/^\uFEFF/, '').split(/\r?\n/).entries()) {
    const line = untrimmed.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, mode, value] = /^(login|email|phone|custom|token)\s*:\s*(.+)$/.exec(line) ?? [];
    if (mode === undefined || value === undefined) {
      throw new UsageError(`line ${at + 1} of the users is not mode:value, where mode is login, email, phone, custom or token`);
    }
    if (mode === 'phone' && !/^\+\d+$/.test(value)) throw new UsageError(`line ${at + 1} of the users: a phone is + and digits, as in +447700900123`);
    // As Databunker compares them.
    const user = { line: at + 1, mode, identity: mode === 'email' ? value.toLowerCase() : value };
    if (Buffer.byteLength(userId(user)) > MOST_USER_BYTES) throw new UsageError(`line ${at + 1} of the users is longer than a user ID may be`);
    if (!users.has(userId(user))) users.set(userId(user), user);
  }
  return [...users.values()];
}

/** What the user is called here; the same as over the Worker's own /databunker. */
export function userId({ mode, identity }: User): string {
  return `${mode}:${identity}`;
}

/** docs/FORMAT.md, "Limits". */
const MOST_USER_BYTES = 256;
