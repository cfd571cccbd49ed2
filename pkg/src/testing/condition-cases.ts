import type { Condition } from '../store.ts';
import { same } from './check.ts';
import type { StoreCase } from './store-cases.ts';
import { CALL, newName, put, remove, type Subject, value } from './subject.ts';

/** What an exact store promises: conditions hold at the moment of the change, and a batch is one. */
export function conditionCases(subject: Subject): StoreCase[] {
  const { store, other } = subject;

  /** A batch under a condition is applied whole, or not at all. */
  const tries = async (condition: Condition, holds: boolean, what: string) => {
    const [one, two] = [`s:${newName()}`, `e:${newName()}`];
    await subject.apply([put(two, value(1))]);
    const result = await subject.apply([put(one, value(2)), remove(two)], { when: [condition] });
    same(result, holds ? 'applied' : 'conflict', what);
    same(await subject.get(one, two), holds ? [value(2), undefined] : [undefined, value(1)], `${what}: what is there`);
  };

  return [
    {
      name: 'conditions: nothing is there',
      async run() {
        const key = `s:${newName()}`;
        await tries({ type: 'equals', key, value: undefined }, true, 'of a key that never was');
        await subject.apply([put(key, value(1))]);
        await tries({ type: 'equals', key, value: undefined }, false, 'of a key with a value');
        await subject.apply([remove(key)]);
        await tries({ type: 'equals', key, value: undefined }, true, 'of a key that was deleted');
      },
    },
    {
      name: 'conditions: exactly this value is there',
      async run() {
        const key = `s:${newName()}`;
        const held = value(1, 40);
        await tries({ type: 'equals', key, value: held }, false, 'where nothing is');
        await subject.apply([put(key, held)]);
        await tries({ type: 'equals', key, value: held.slice() }, true, 'the same bytes');
        await tries({ type: 'equals', key, value: held.subarray(0, 39) }, false, 'a byte less');
        await tries({ type: 'equals', key, value: value(1, 41) }, false, 'a byte more');
        for (const at of [0, 20, 39]) await tries({ type: 'equals', key, value: changed(held, at) }, false, `another byte ${at}`);
      },
    },
    {
      name: 'conditions: bytes 9 to 20 are these',
      async run() {
        const key = `s:${newName()}`;
        const held = Uint8Array.from({ length: 60 }, (_, at) => at);
        const version = held.slice(9, 21);
        await tries({ type: 'version', key, version }, false, 'where nothing is');
        await subject.apply([put(key, held)]);
        await tries({ type: 'version', key, version }, true, 'the same version');
        for (const at of [9, 14, 20]) {
          await tries({ type: 'version', key, version: changed(held, at).slice(9, 21) }, false, `another byte ${at}`);
        }
        for (const at of [0, 8, 21, 59]) {
          await subject.apply([put(key, changed(held, at))]);
          await tries({ type: 'version', key, version }, true, `of a value with another byte ${at}`);
        }
        for (const length of [1, 9, 20]) {
          await subject.apply([put(key, held.slice(0, length))]);
          await tries({ type: 'version', key, version }, false, `of a value of ${length} bytes`);
        }
      },
    },
    {
      name: 'conditions: each of several, wherever it stands',
      async run() {
        const [there, absent] = [`s:${newName()}`, `s:${newName()}`];
        await subject.apply([put(there, value(1))]);
        const holds: Condition[] = [
          { type: 'equals', key: there, value: value(1) },
          { type: 'equals', key: absent, value: undefined },
          { type: 'version', key: there, version: value(1).slice(9, 21) },
        ];
        const fails: Condition = { type: 'equals', key: absent, value: value(1) };
        const key = `e:${newName()}`;
        same(await subject.apply([put(key, value(2))], { when: holds }), 'applied', 'all hold');
        for (const at of [0, 1, 2, 3]) {
          const when = [...holds.slice(0, at), fails, ...holds.slice(at)];
          same(await subject.apply([put(key, value(3))], { when }), 'conflict', `condition ${at} fails`);
        }
        same(await subject.get(key), [value(2)], 'the value');
      },
    },
    {
      name: 'conditions: of a batch that changes nothing, and too late before them',
      async run() {
        const key = `s:${newName()}`;
        const absent: Condition = { type: 'equals', key, value: undefined };
        same(await subject.apply([], { when: [absent] }), 'applied', 'it holds');
        same(await subject.apply([put(key, value(1))], { when: [absent], notAfter: Date.now() - 60_000 }), 'too_late', 'late');
        same(await subject.apply([put(key, value(1))], { when: [absent] }), 'applied', 'in time');
        same(await subject.apply([], { when: [absent] }), 'conflict', 'it does not hold');
      },
    },
    {
      name: 'compare and swap: of many writers at once exactly one wins',
      async run() {
        for (const before of [undefined, value(1000)]) {
          const key = `s:${newName()}`;
          if (before !== undefined) await subject.apply([put(key, before)]);
          const results = await Promise.all(
            Array.from({ length: WRITERS }, async (_, at) =>
              subject.apply([put(key, value(at))], { when: [{ type: 'equals', key, value: before }], by: at % 2 ? other : store }),
            ),
          );
          same(results.toSorted(), ['applied', ...Array.from({ length: WRITERS - 1 }, () => 'conflict')], 'the results');
          same(await subject.get(key), [value(results.indexOf('applied'))], 'the value of the winner');
        }
      },
    },
    {
      name: 'compare and swap: a counter loses no step of many at once',
      async run() {
        const key = `s:${newName()}`;
        await subject.apply([put(key, value(0))]);
        const step = async (by: typeof store) => {
          for (;;) {
            const [found] = await by.get([key], CALL);
            const count = found === undefined ? -1 : new DataView(found.buffer, found.byteOffset).getUint32(0);
            const result = await subject.apply([put(key, value(count + 1))], { when: [{ type: 'equals', key, value: found }], by });
            if (result === 'applied') return;
          }
        };
        await Promise.all(Array.from({ length: WRITERS }, async (_, at) => step(at % 2 ? other : store)));
        same(await subject.get(key), [value(WRITERS)], 'the counter');
      },
    },
    {
      name: 'batches: many at once never mix',
      async run() {
        const keys = Array.from({ length: 6 }, () => `s:${newName()}`);
        await Promise.all(
          Array.from({ length: WRITERS }, async (_, at) =>
            subject.apply((at % 3 ? keys : keys.toReversed()).map((key) => put(key, value(at))), { by: at % 2 ? other : store }),
          ),
        );
        const [first, ...rest] = await subject.get(...keys);
        same(rest, rest.map(() => first), 'all of one batch');
      },
    },
    {
      name: 'reads: what was written is seen at once, from everywhere',
      async run() {
        const key = `u:${newName()}:${newName()}`;
        for (let at = 0; at < WRITERS; at++) {
          const [writer, reader] = at % 2 ? [other, store] : [store, other];
          await subject.apply([put(key, value(at))], { by: writer });
          same(await reader.get([key], CALL), [value(at)], 'the value');
          const { entries } = await reader.list({ prefix: key.slice(0, -43), after: undefined, limit: 2 }, CALL);
          same(entries.map((entry) => entry.value), [value(at)], 'the entry');
        }
      },
    },
  ];
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, place) => (place === at ? byte ^ 0x20 : byte));
}

/** At once. */
const WRITERS = 20;
