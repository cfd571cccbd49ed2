// What one request changed, to be made again in data that another one changed meanwhile.

/** Top-level properties that differ. They are whole: what is inside one of them has one writer. */
export interface Difference {
  set: Record<string, unknown>;
  removed: string[];
}

/**
 * What leads from one value to another, as JSON has them; nothing where either is no object with properties, so that the
 * later value is the whole change.
 *
 * A merge patch (RFC 7396) could not say it: there `null` removes, and an object is merged into what it should replace.
 *
 * @example
 * difference({ cart: [1], theme: 'dark' }, { cart: [1, 2] }); // { set: { cart: [1, 2] }, removed: ['theme'] }
 */
export function difference(before: unknown, after: unknown): Difference | undefined {
  if (!isRecord(before) || !isRecord(after)) return undefined;
  const changed = Object.entries(after).filter(([name, value]) => !Object.hasOwn(before, name) || !isSame(before[name], value));
  return { set: Object.fromEntries(changed), removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)) };
}

/** A value with a difference made in it; the value itself stays as it is. */
export function withDifference(value: unknown, { set, removed }: Difference): unknown {
  const kept = isRecord(value) ? Object.entries(value).filter(([name]) => !removed.includes(name)) : [];
  return Object.fromEntries([...kept, ...Object.entries(set)]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
