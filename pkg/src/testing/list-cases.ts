import { check, same } from './check.ts';
import type { StoreCase } from './store-cases.ts';
import { newName, put, remove, type Subject, value } from './subject.ts';

/** The lists of users' sessions: `u:<user>:<session>`, listed by `u:<user>:`. */
export function listCases(subject: Subject): StoreCase[] {
  /** A user with so many entries. */
  const filled = async (count: number) => {
    const prefix = `u:${newName()}:`;
    const keys = Array.from({ length: count }, () => prefix + newName());
    for (const [at, key] of keys.entries()) same(await subject.apply([put(key, value(at))]), 'applied', 'the result');
    return { prefix, keys };
  };
  const keysOf = async (prefix: string, limit?: number) => (await subject.list(prefix, limit)).map(({ key }) => key);

  return [
    {
      name: 'list: nothing of a user who has nothing',
      async run() {
        same(await subject.list(`u:${newName()}:`), [], 'entries');
      },
    },
    {
      name: 'list: each entry once and with its value, on pages of any size',
      async run() {
        const { prefix, keys } = await filled(12);
        for (const limit of [1, 2, 5, 12, 13, 100]) {
          const entries = await subject.list(prefix, limit);
          const expected = keys.map((key, at) => ({ key, value: value(at) })).toSorted(byKey);
          same(entries.map(({ key, value: held }) => ({ key, value: held })).toSorted(byKey), expected, `entries by ${limit}`);
        }
      },
    },
    {
      name: 'list: no entry of another user, and no other kind of key',
      async run() {
        const { prefix, keys } = await filled(3);
        const user = prefix.slice(2, -1);
        const similar = user.slice(0, -1) + (user.endsWith('A') ? 'B' : 'A');
        const others = [`u:${similar}:${newName()}`, `u:${newName()}:${user}`, `u:${user.toLowerCase()}:${newName()}`];
        for (const key of [...others, `s:${user}`, `r:${user}`, `a:${newName()}`]) {
          same(await subject.apply([put(key, value(9))]), 'applied', 'the result');
        }
        same((await keysOf(prefix, 2)).toSorted(), keys.toSorted(), 'entries');
        same(await keysOf(`u:${similar}:`), [others[0]], 'entries of another user');
      },
    },
    {
      name: 'list: not what was deleted, and what was put again as it is now',
      async run() {
        const { prefix, keys } = await filled(5);
        const [first = '', second = '', ...rest] = keys;
        await subject.apply([remove(first)]);
        await subject.apply([put(second, value(77))]);
        const entries = (await subject.list(prefix)).toSorted(byKey);
        same(entries.map(({ key }) => key), [second, ...rest].toSorted(), 'entries');
        same(entries.find(({ key }) => key === second)?.value, value(77), 'the value');
        for (const key of [second, ...rest]) await subject.apply([remove(key)]);
        same(await subject.list(prefix), [], 'entries');
      },
    },
    {
      name: 'list: goes on behind a page whose entries were deleted meanwhile',
      async run() {
        const { prefix, keys } = await filled(9);
        const call = { signal: undefined };
        const seen: string[] = [];
        let after: string | undefined;
        for (let pages = 0; pages <= keys.length; pages++) {
          const page = await subject.store.list({ prefix, after, limit: 3 }, call);
          seen.push(...page.entries.map(({ key }) => key));
          for (const { key } of page.entries) await subject.apply([remove(key)]);
          after = page.next;
          if (after === undefined) break;
        }
        check(after === undefined, 'the list does not end');
        same(seen.toSorted(), keys.toSorted(), 'entries');
        same(await subject.list(prefix), [], 'what is left');
      },
    },
    {
      name: 'list: an entry whose put came with other changes, and none whose delete did',
      async run() {
        const [user, one, two, three] = [newName(), newName(), newName(), newName()];
        const entry = (name: string) => `u:${user}:${name}`;
        await subject.apply([put(entry(one), value(1)), put(entry(two), value(2)), put(`r:${user}`, value(0))]);
        same((await keysOf(`u:${user}:`)).toSorted(), [entry(one), entry(two)].toSorted(), 'entries');
        await subject.apply([remove(entry(one)), put(entry(three), value(3)), remove(entry(two))]);
        same(await keysOf(`u:${user}:`), [entry(three)], 'entries');
      },
    },
    {
      name: 'list: loses no entry of many that are put at once',
      async run() {
        const prefix = `u:${newName()}:`;
        const keys = Array.from({ length: 25 }, () => prefix + newName());
        const results = await Promise.all(keys.map(async (key, at) => subject.apply([put(key, value(at))])));
        same(results, keys.map(() => 'applied'), 'the results');
        same((await keysOf(prefix, 10)).toSorted(), keys.toSorted(), 'entries');
      },
    },
  ];
}

function byKey(one: { key: string }, other: { key: string }): number {
  return one.key < other.key ? -1 : 1;
}
