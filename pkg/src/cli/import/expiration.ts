// When a session of Databunker's ends, as far as its listing tells.

/**
 * Unix seconds. `when` is when the session was last written, in Unix seconds; `asked` is the `expiration` in its data; `most` is
 * the server's own maximum in seconds, which no answer tells.
 *
 * As Databunker 0.8.36 reads it: a number, or digits with a unit, in seconds where there is none; m is a month of 31 days; what
 * is later than the time of writing is a moment, and what is anything else is the maximum.
 */
export function endOf(when: number, asked: unknown, most: number): number {
  const seconds = secondsOf(asked);
  if (seconds === undefined || seconds === 0) return when + most;
  return when + Math.min(seconds > when ? seconds - when : seconds, most);
}

function secondsOf(asked: unknown): number | undefined {
  if (typeof asked === 'number') return Math.trunc(asked);
  if (typeof asked !== 'string') return undefined;
  const [, digits, unit = 's'] = /^(\d+)([mhds])?$/.exec(asked) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNITS[unit as keyof typeof UNITS];
}

const UNITS = { s: 1, h: 3600, d: 86_400, m: 31 * 86_400 } as const;
