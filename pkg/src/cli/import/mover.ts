// Moves sessions: a user after another from the source, some sessions at once to the target.
import { setTimeout as sleep } from 'node:timers/promises';

import { isSealedSessionError, SealedSessionError } from '../../errors.ts';
import type { Sessions } from '../../types.ts';
import { type Databunker, deniedError, ListingError, type Row } from './databunker.ts';
import { endOf } from './expiration.ts';
import type { Journal } from './journal.ts';
import { type User, userId } from './users.ts';

/** What became of everything. */
export interface Tally {
  /** Users looked at in this run. */
  users: number;
  /** Users that the source does not know. */
  unknownUsers: number;
  moved: number;
  /** Sessions that needed nothing, by why. */
  skipped: Record<Skip, number>;
  failed: number;
}

export type Skip = 'moved before' | 'newer at the target' | 'ended at the target' | 'expired, as far as --ttl tells';

export interface Move {
  source: Databunker;
  target: Sessions<Record<string, unknown>>;
  journal: Journal;
  users: readonly User[];
  /** Seconds: the source's own maximum. */
  ttl: number;
  concurrency: number;
  /** What failed, without naming anybody. */
  complain: (complaint: string) => void;
  /** After each user. */
  progress: (tally: Tally) => void;
  /** Milliseconds before a create is tried again. */
  wait?: number;
}

/** Throws where a token is refused; what fails for a user or a session is counted. */
export async function move(job: Move): Promise<Tally> {
  const { journal, users, progress } = job;
  const skipped = { 'moved before': 0, 'newer at the target': 0, 'ended at the target': 0, 'expired, as far as --ttl tells': 0 };
  const tally: Tally = { users: 0, unknownUsers: 0, moved: 0, skipped, failed: 0 };
  let failedInARow = 0;
  for (const user of users) {
    tally.users++;
    if (!journal.hasDone(user.line)) {
      const isDone = await moveUser(user, job, tally);
      if (isDone) journal.done(user.line);
      failedInARow = isDone ? 0 : failedInARow + 1;
    }
    progress(tally);
    if (failedInARow === ENOUGH) {
      throw new SealedSessionError('store_unavailable', { message: `Stopped, since ${ENOUGH} users in a row failed: run it again to go on` });
    }
  }
  if (tally.failed === 0) journal.finished();
  return tally;
}

/** Whether nothing failed. */
async function moveUser(user: User, { source, complain, ...job }: Move, tally: Tally): Promise<boolean> {
  const failedBefore = tally.failed;
  try {
    const { rows, malformed } = await source.sessions(user);
    if (malformed > 0) {
      tally.failed += malformed;
      complain(`line ${user.line}: ${malformed} sessions are not what v1 lists`);
    }
    await each(rows, job.concurrency, async (row) => {
      try {
        const skip = await moveRow(row, user, job);
        if (skip === undefined) tally.moved++;
        else tally.skipped[skip]++;
      } catch (error) {
        if (!isSealedSessionError(error) || (ABOUT_ALL.has(error.code) && !isPassing(error))) throw error;
        tally.failed++;
        complain(`line ${user.line}, session ${rows.indexOf(row) + 1} of ${rows.length}: ${error.code}`);
      }
    });
  } catch (error) {
    if (!(error instanceof ListingError)) throw error;
    if (error.refusal === 'denied') throw deniedError();
    if (error.refusal === 'no such user') tally.unknownUsers++;
    else {
      tally.failed++;
      complain(`line ${user.line}: ${error.refusal}`);
    }
  }
  return tally.failed === failedBefore;
}

async function moveRow(row: Row, user: User, job: Omit<Move, 'source' | 'complain'>): Promise<Skip | undefined> {
  const { target, journal, ttl, wait = FIRST_WAIT } = job;
  if (journal.hasMoved(row)) return 'moved before';
  for (let tries = 1; ; tries++) {
    const seconds = endOf(row.when, row.data['expiration'], ttl) - Math.ceil(Date.now() / 1000);
    if (seconds <= 0) return 'expired, as far as --ttl tells';
    try {
      const outcome = await put(row, userId(user), seconds, target);
      // Those that the target knows better, too: should they end there, they must not come back.
      journal.moved(row);
      return outcome;
    } catch (error) {
      if (!isPassing(error) || tries === MAX_TRIES) throw error;
      await sleep(wait * 2 ** (tries - 1));
    }
  }
}

/** Done again, it is done once: a create under an ID of its own replaces. */
async function put({ session, when, data }: Row, user: string, seconds: number, target: Move['target']): Promise<Skip | undefined> {
  const there = await target.read(session);
  // Whoever wrote it there after the source did has moved on.
  if (there !== undefined && there.createdAt.getTime() >= when * 1000) return 'newer at the target';
  try {
    await target.create({ id: session, user, data, idle: seconds, absolute: seconds });
    return undefined;
  } catch (error) {
    if (isSealedSessionError(error, 'session_ended')) return 'ended at the target';
    throw error;
  }
}

/** A page of a proxy's with a 502 is as good as a 503. */
function isPassing(error: unknown): boolean {
  if (isSealedSessionError(error, 'unexpected_answer')) return error.field?.startsWith('status 5') === true;
  return isSealedSessionError(error, 'store_unavailable');
}

/** Does it for each, some at once. After an error nothing new begins, and what has begun is waited for. */
async function each<T>(items: readonly T[], concurrency: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  let isOver = false;
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (isOver) return;
      try {
        await work(item);
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Errors that every further call would meet. */
const ABOUT_ALL: ReadonlySet<string> = new Set(['unauthorized', 'forbidden', 'not_configured', 'unexpected_answer']);
const MAX_TRIES = 5;
/** Users that fail one after the other before a run gives up: something is down. */
const ENOUGH = 5;
/** Milliseconds. */
const FIRST_WAIT = 200;
