import { check, same, StoreContractError } from './check.ts';
import type { StoreCase } from './store-cases.ts';
import { CALL, newName, put, randomBytes, remove, sleep, type Subject, value } from './subject.ts';

/** What a store keeps, under its key, until it expires. */
export function valueCases(subject: Subject): StoreCase[] {
  const { store } = subject;

  const cases: StoreCase[] = [
    {
      name: 'promises: atomic, or how late a write may be seen',
      async run() {
        const { atomic, visibility, maxBatch } = store.promises;
        check(typeof atomic === 'boolean', 'atomic is neither true nor false');
        if (!atomic) check(isWhole(visibility, 30, 3600), `visibility is not 30 to 3600 seconds: ${visibility}`);
        if (maxBatch !== undefined) check(isWhole(maxBatch, 1, Number.MAX_SAFE_INTEGER), `maxBatch is not a number of keys: ${maxBatch}`);
      },
    },
    {
      name: 'get: values in the order of their keys, nothing where nothing is',
      async run() {
        const keys = Array.from({ length: 5 }, () => `s:${newName()}`);
        const [a = '', b = '', c = '', d = '', e = ''] = keys;
        await applied(subject.apply([put(d, value(4)), put(b, value(2)), put(a, value(1))]));
        same(await subject.get(c, a, d, e, b), [undefined, value(1), value(4), undefined, value(2)], 'the values');
      },
    },
    {
      name: 'get: as many keys as the longest list asks for',
      async run() {
        const most = Math.min(MOST_KEYS, store.promises.maxBatch ?? MOST_KEYS);
        const keys = Array.from({ length: most }, () => `a:${newName()}`);
        const last = keys.at(-1) ?? '';
        await applied(subject.apply([put(last, value(1))]));
        const found = await subject.get(...keys);
        same(found, keys.map((key) => (key === last ? value(1) : undefined)), 'the values');
      },
    },
    {
      name: 'apply: puts, puts again, deletes, and deletes what is gone',
      async run() {
        const key = `s:${newName()}`;
        for (const [changes, expected] of [
          [[put(key, value(1))], value(1)],
          [[put(key, value(2, 80))], value(2, 80)],
          [[put(key, value(3, 8))], value(3, 8)],
          [[remove(key)], undefined],
          [[remove(key)], undefined],
          [[put(key, value(4))], value(4)],
          [[], value(4)],
        ] as const) {
          await applied(subject.apply(changes));
          same(await subject.get(key), [expected], 'the value');
        }
      },
    },
    {
      name: 'apply: changes of one batch in their order',
      async run() {
        const [one, two] = [`s:${newName()}`, `e:${newName()}`];
        await applied(subject.apply([put(one, value(1)), put(two, value(1)), put(one, value(2)), remove(two), remove(one), put(one, value(3))]));
        same(await subject.get(one, two), [value(3), undefined], 'the values');
      },
    },
    {
      name: 'apply: nothing that is too late',
      async run() {
        const key = `s:${newName()}`;
        const late = await subject.apply([put(key, value(1))], { notAfter: Date.now() - 60_000 });
        same(late, 'too_late', 'the result');
        same(await subject.get(key), [undefined], 'the value');
        await applied(subject.apply([put(key, value(2))], { notAfter: Date.now() + 60_000 }));
        same(await subject.get(key), [value(2)], 'the value');
      },
    },
    {
      name: 'values: every byte, at every place, and lengths around those that encodings care for',
      async run() {
        const everyByte = Uint8Array.from({ length: 256 }, (_, at) => at);
        const values = [everyByte, everyByte.toReversed(), ...LENGTHS.map(randomBytes)];
        for (const bytes of values) {
          const [record, entry] = [`s:${newName()}`, `u:${newName()}:${newName()}`];
          await applied(subject.apply([put(record, bytes)]));
          await applied(subject.apply([put(entry, bytes)]));
          same(await subject.get(record, entry), [bytes, bytes], `${bytes.length} bytes`);
        }
      },
    },
    {
      name: 'values: the largest that a session needs (1 MiB of data, padded and sealed)',
      async run() {
        const key = `s:${newName()}`;
        const bytes = randomBytes(LARGEST);
        await applied(subject.apply([put(key, bytes)]));
        const [found] = await subject.get(key);
        same(found?.length, bytes.length, 'bytes');
        check(bytes.every((byte, at) => found?.[at] === byte), 'a byte is another');
      },
    },
    {
      name: 'values: a copy, and only the part of a buffer that it was given',
      async run() {
        const key = `s:${newName()}`;
        const buffer = Uint8Array.from({ length: 64 }, (_, at) => at);
        await applied(subject.apply([put(key, buffer.subarray(16, 48))]));
        buffer.fill(0xff);
        same(await subject.get(key), [Uint8Array.from({ length: 32 }, (_, at) => at + 16)], 'the value');
      },
    },
    {
      name: 'keys: as long as they get, and told apart by case, "-" and "_"',
      async run() {
        const name = newName();
        const tails = ['Ab-', 'ab-', 'AB-', 'Ab_', 'aB_', 'Ab0'].map((end) => name.slice(0, -3) + end);
        const keys = tails.flatMap((tail) => [`s:${tail}`, `e:${tail}`, `u:${tail}:${tail}`]);
        for (const [at, key] of keys.entries()) await applied(subject.apply([put(key, value(at))]));
        same(await subject.get(...keys), keys.map((_, at) => value(at)), 'the values');
        const [first = '', ...others] = keys;
        await applied(subject.apply([remove(first)]));
        same(await subject.get(first, ...others), [undefined, ...others.map((_, at) => value(at + 1))], 'what is left');
      },
    },
    {
      name: 'expiry: not before its time, and a later put prolongs',
      async run() {
        const [over, short, longer] = [`s:${newName()}`, `s:${newName()}`, `s:${newName()}`];
        await applied(subject.apply([put(over, value(0), -10), put(short, value(1), 5), put(longer, value(2), 1)]));
        await applied(subject.apply([put(longer, value(3), 3600)]));
        await sleep(2200);
        const [expired, ...living] = await subject.get(over, short, longer);
        same(living, [value(1), value(3)], 'what has not expired');
        // The rules look at what a value says itself.
        if (expired !== undefined) same(expired, value(0), 'what expired, if it is shown');
      },
    },
    {
      name: 'signals: with one that never fires, and usable after one that did',
      async run() {
        const key = `u:${newName()}:${newName()}`;
        const { signal } = new AbortController();
        same(await store.apply({ when: [], changes: [put(key, value(1))], notAfter: undefined }, { signal }), 'applied', 'the result');
        same(await store.get([key], { signal }), [value(1)], 'the value');
        const page = await store.list({ prefix: key.slice(0, -43), after: undefined, limit: 10 }, { signal });
        same(page.entries.length, 1, 'entries');

        const aborted = { signal: AbortSignal.abort(new Error('enough')) };
        const calls = [
          store.get([key], aborted),
          store.list({ prefix: 'u:', after: undefined, limit: 1 }, aborted),
          store.apply({ when: [], changes: [put(`s:${newName()}`, value(1))], notAfter: undefined }, aborted),
        ];
        const answers = Promise.allSettled(calls).then(() => true);
        check(await Promise.race([answers, sleep(2000).then(() => false)]), 'a call that nobody waits for never ended');
        same(await store.get([key], CALL), [value(1)], 'the value');
      },
    },
  ];
  return [...cases, ...failureCases(subject)];
}

/** What a batch leaves whose backend fails in the middle of it. */
function failureCases(subject: Subject): StoreCase[] {
  const { failing, store } = subject;
  if (failing === undefined) return [];
  const fail = async (writes: number) => {
    const keys = Array.from({ length: 3 }, () => `s:${newName()}`);
    const result = await subject.apply(keys.map((key) => put(key, value(1))), { by: failing(writes) }).then(
      (said) => said,
      () => 'an error',
    );
    same(result, 'an error', 'the result');
    return subject.get(...keys);
  };
  return [
    {
      name: 'failures: what the backend throws is thrown, and nothing was done',
      async run() {
        same(await fail(0), [undefined, undefined, undefined], 'the values');
      },
    },
    store.promises.atomic
      ? {
          name: 'failures: later ones leave a batch whole or undone',
          async run() {
            const found = await fail(0);
            check(new Set(found.map((one) => one === undefined)).size === 1, 'a part of the batch is there');
          },
        }
      : {
          name: 'failures: the first one stops a batch',
          async run() {
            same(await fail(1), [value(1), undefined, undefined], 'the values');
            same(await fail(2), [value(1), value(1), undefined], 'the values');
          },
        },
  ];
}

async function applied(result: Promise<string>): Promise<void> {
  const said = await result;
  if (said !== 'applied') throw new StoreContractError(`a change was not applied: ${said}`, { actual: said, expected: 'applied' });
}

function isWhole(number: unknown, least: number, most: number): boolean {
  return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most;
}

/** A list of 100 sessions asks an exact store for as many. */
const MOST_KEYS = 200;
/** Bytes: entries of a user's list stay below the last, which is what KV takes for them. */
const LENGTHS = [1, 2, 3, 4, 15, 16, 17, 63, 64, 65, 255, 257, 700];
/** Bytes: docs/FORMAT.md, "Padding", of 1 MiB, and the tags of its chunks. */
const LARGEST = 1_048_576 + 65_536;
