// What was moved, so that a later run neither does it twice nor revives who logged out meanwhile.
import { createHash, createHmac } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

import { UsageError } from '../command.ts';
import type { Row } from './databunker.ts';

/**
 * A file of JSON lines, added to as work is done. It names no session, user or payload: a session is a hash of its ID, which has
 * 122 random bits; what it held is a hash under that ID.
 */
export class Journal {
  readonly #file: string;
  readonly #moved = new Map<string, string>();
  readonly #lines = new Set<number>();

  /** Opens the journal of moving these users from there to there, or begins it. Throws where the file is another's. */
  constructor(file: string, from: URL, to: URL, users: string) {
    this.#file = file;
    const header = { journal: 'sealed-session/import/v1', from: from.href, to: to.href };
    const batch = { users: createHash('sha256').update(users).digest('base64url') };
    if (!existsSync(file)) this.#add(header);
    else if (!this.#load(header, batch.users)) {
      throw new UsageError(`${file} is no journal of moving from ${from.href} to ${to.href}: say another --state`);
    }
    this.#add(batch);
  }

  /** Whether the session was moved as this row has it. */
  hasMoved(row: Row): boolean {
    return this.#moved.get(name(row.session)) === content(row);
  }

  /** Whether an unfinished run before this one was done with the user of this line. */
  hasDone(line: number): boolean {
    return this.#lines.has(line);
  }

  moved(row: Row): void {
    const [session, held] = [name(row.session), content(row)];
    this.#moved.set(session, held);
    this.#add({ session, held });
  }

  done(line: number): void {
    this.#add({ line });
  }

  /** The next run looks at every user again. */
  finished(): void {
    this.#add({ finished: true });
  }

  #load(header: Record<string, string>, users: string): boolean {
    const [first, ...entries] = readFileSync(this.#file, 'utf8').split('\n').map(parse);
    if (first?.['from'] !== header['from'] || first?.['to'] !== header['to'] || first?.['journal'] !== header['journal']) return false;
    let batch: unknown;
    for (const entry of entries) {
      const { session, held, line, finished } = entry ?? {};
      if (typeof session === 'string' && typeof held === 'string') this.#moved.set(session, held);
      if (typeof line === 'number') this.#lines.add(line);
      if (entry?.['users'] !== undefined && entry['users'] !== batch) {
        batch = entry['users'];
        this.#lines.clear();
      }
      if (finished === true) this.#lines.clear();
    }
    // Lines of another file are other users.
    if (batch !== users) this.#lines.clear();
    // The process may have died in the middle of a line.
    this.#write('\n');
    return true;
  }

  #add(entry: object): void {
    this.#write(`${JSON.stringify(entry)}\n`);
  }

  #write(text: string): void {
    appendFileSync(this.#file, text, { mode: 0o600 });
  }
}

function name(session: string): string {
  return createHash('sha256').update(session).digest('base64url').slice(0, 22);
}

function content({ session, when, data }: Row): string {
  return createHmac('sha256', session).update(`${when} ${JSON.stringify(data)}`).digest('base64url').slice(0, 22);
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
