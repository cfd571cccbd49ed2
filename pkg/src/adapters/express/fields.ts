import * as json from '../../json.ts';
import { type CookieLike, lasting } from './cookie.ts';

/** A session's fields at some moment, each as JSON: objects change in place, texts do not. */
export type Fields = ReadonlyMap<string, string>;

/** The fields that JSON keeps. Throws `invalid_data`. */
export function fieldsOf(session: object): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(kept(session))) {
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') continue;
    fields.set(name, json.stringify(value));
  }
  return fields;
}

/** The session as it is kept. */
export function kept(session: object): Record<string, unknown> {
  return { ...session, cookie: lasting((session as { cookie?: CookieLike }).cookie) };
}

/** The fields that are not what they were; without a text those that are gone. */
export function difference(before: Fields, now: Fields): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>();
  for (const name of before.keys()) if (!now.has(name)) changes.set(name, undefined);
  for (const [name, text] of now) if (before.get(name) !== text) changes.set(name, text);
  return changes;
}

/** Data with these changes made to it. Not a merge patch: that can neither say a null, nor put one object for another. */
export function patched(data: Record<string, unknown>, changes: ReadonlyMap<string, string | undefined>): Record<string, unknown> {
  const fields = new Map(Object.entries(data));
  for (const [name, text] of changes) {
    if (text === undefined) fields.delete(name);
    else fields.set(name, JSON.parse(text));
  }
  return Object.fromEntries(fields);
}
