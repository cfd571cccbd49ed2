import { SealedSessionError } from './errors.ts';
import type { Duration } from './types.ts';

/** Whole seconds of a duration. `field` is what an error names. */
export function seconds(duration: Duration, field: string): number {
  const value = typeof duration === 'number' ? duration : parse(duration);
  if (!Number.isInteger(value) || value < 0 || value > MOST_SECONDS) {
    throw new SealedSessionError('invalid_field', {
      field,
      message: 'Invalid duration: expected whole seconds, or a whole number and s, m, h or d, as in 30m',
    });
  }
  return value;
}

/** The same where there may be none. */
export function optionalSeconds(duration: Duration | undefined, field: string): number | undefined {
  return duration === undefined ? undefined : seconds(duration, field);
}

function parse(text: string): number {
  const [, digits, unit] = /^(\d{1,10})([smhd])$/.exec(text) ?? [];
  return digits === undefined || unit === undefined ? Number.NaN : Number(digits) * UNITS[unit as keyof typeof UNITS];
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
/** What the kernel's 32 bits carry. */
const MOST_SECONDS = 0xffff_ffff;
