import { SealedSessionError } from '../errors.ts';

/**
 * What was kept before it was sealed is still read, until a day that you name.
 *
 * **While this is on, whoever can write to the store can give a session of theirs any content, unsealed**, as they could
 * before: a value that does not open, or that they deleted, is looked for in plain. So it is off where nobody says it, ends by
 * itself, and should end as soon as what was plain has been used or has expired: your longest `maxAge` from the day that you
 * deploy it.
 */
export interface MigrateFrom {
  /** Plain JSON, as the store kept it. */
  plain: true;
  /** From then on what is plain is a miss: a date, or its text (`2027-01-31`, which is that day's midnight in UTC). */
  until: Date | string;
  /** Told of each, with how many there were in this process; when it falls silent, you can leave this away. */
  onMigrated?: ((count: number) => void) | undefined;
}

/** Whether something may still be migrated, and how often that was. */
export class Migration {
  readonly #until: number;
  readonly #onMigrated: ((count: number) => void) | undefined;
  #count = 0;

  /** Throws `invalid_option` with the field where there is no end date. */
  constructor({ until, onMigrated }: Pick<MigrateFrom, 'until' | 'onMigrated'>, field = 'until') {
    // A number would be taken for milliseconds by some, and for seconds by others.
    this.#until = until instanceof Date || typeof until === 'string' ? new Date(until).getTime() : Number.NaN;
    this.#onMigrated = onMigrated;
    if (Number.isNaN(this.#until)) throw new SealedSessionError('invalid_option', { field });
  }

  /** `now` is in Unix milliseconds. */
  isOn(now: number): boolean {
    return now < this.#until;
  }

  count(): void {
    this.#count += 1;
    this.#onMigrated?.(this.#count);
  }
}

/** The migration that was asked for, if it was. */
export function migration(migrateFrom: MigrateFrom | undefined): Migration | undefined {
  if (migrateFrom === undefined) return undefined;
  if ((migrateFrom as { plain?: unknown } | null)?.plain !== true) throw new SealedSessionError('invalid_option', { field: 'migrateFrom.plain' });
  return new Migration(migrateFrom, 'migrateFrom.until');
}
