import { type Condition, holds, type Store } from '../store.ts';

interface Value {
  value: Uint8Array;
  /** Unix seconds. */
  expiresAt: number;
}

/**
 * An exact store in this process's memory: for tests, and for one process whose sessions may end with it. What expired is
 * dropped as new values come.
 */
export function memoryStore({ now = Date.now }: { now?: () => number } = {}): Store {
  const values = new Map<string, Value>();
  let sweepAt = FIRST_SWEEP;

  const get = (key: string): Uint8Array | undefined => {
    const found = values.get(key);
    return found !== undefined && found.expiresAt * 1000 > now() ? found.value : undefined;
  };

  /** Now and then, when there is twice as much as was left the last time: the work is spread over all writes. */
  const sweep = () => {
    if (values.size < sweepAt) return;
    for (const [key, { expiresAt }] of values) if (expiresAt * 1000 <= now()) values.delete(key);
    sweepAt = Math.max(FIRST_SWEEP, values.size * 2);
  };

  return {
    promises: { atomic: true },

    async get(keys) {
      return keys.map(get);
    },

    async apply({ when, changes, notAfter }) {
      if (notAfter !== undefined && now() > notAfter) return 'too_late';
      if (!when.every((condition: Condition) => holds(condition, get(condition.key)))) return 'conflict';
      for (const change of changes) {
        if (change.type === 'put') values.set(change.key, { value: change.value.slice(), expiresAt: change.expiresAt });
        else values.delete(change.key);
      }
      sweep();
      return 'applied';
    },

    async list({ prefix, after, limit }) {
      const keys = [...values.keys()].filter((key) => key.startsWith(prefix) && (after === undefined || key > after));
      const live = keys.toSorted().flatMap((key) => {
        const value = get(key);
        return value === undefined ? [] : [{ key, value }];
      });
      const entries = live.slice(0, limit);
      return { entries, next: live.length > limit ? entries.at(-1)?.key : undefined };
    },
  };
}

/** Values that may lie there before the first sweep. */
const FIRST_SWEEP = 1000;
