// What options hold, read once.
import { seconds } from '../duration.ts';
import type { Duration } from '../types.ts';
import { UsageError } from './command.ts';

/** Seconds of a duration, more than none. */
export function durationOption(text: string, name: string): number {
  try {
    const value = seconds((/^\d+$/.test(text) ? Number(text) : text) as Duration, name);
    if (value > 0) return value;
  } catch {
    // Told below.
  }
  throw new UsageError(`--${name} is a whole number and s, m, h or d, as in 30m`);
}

/** A whole number from 1. */
export function countOption(text: string, name: string, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw new UsageError(`--${name} is a whole number from 1 to ${most}`);
  return value;
}

/** An http or https URL, without what follows its path, a slash at its end, or anybody's password. */
export function urlOption(text: string | undefined, name: string): URL {
  const url = text === undefined ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError(`${name} is a URL: https://sessions.example.com`);
  if (url.username !== '' || url.password !== '') throw new UsageError(`${name} holds a password, which does not belong on the command line`);
  return new URL(url.origin + url.pathname.replace(/\/+$/, ''));
}

/** Whether what is sent there cannot be read on the way. */
export function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** A secret out of the environment. */
export function secret(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]?.trim();
  if (value === undefined || value === '') throw new UsageError(`set ${name} in the environment; it does not belong on the command line`);
  // It goes into a header.
  if (!/^[\x21-\x7e]+$/.test(value)) throw new UsageError(`${name} is not a token`);
  return value;
}
