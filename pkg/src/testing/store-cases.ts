import type { Store } from '../store.ts';
import { conditionCases } from './condition-cases.ts';
import { listCases } from './list-cases.ts';
import { raceCases } from './race-cases.ts';
import { Subject } from './subject.ts';
import { valueCases } from './value-cases.ts';

/** One thing that a store must do. `run` rejects where it does not, as a rule with a `StoreContractError`. */
export interface StoreCase {
  name: string;
  run: () => Promise<void>;
}

export interface StoreCasesOptions {
  /** The same data over another connection, as another server would see them: what an exact store wrote is seen there at once. */
  other?: Store | undefined;
  /** For a store that is really late: waits until every write is seen everywhere. Emulators have nothing to wait for. */
  settle?: (() => Promise<void>) | undefined;
  /** The same data, where the backend refuses every write after so many. Without it nobody looks at what a failure leaves. */
  failing?: ((writes: number) => Store) | undefined;
}

/**
 * What every `Store` must do, as cases for whatever runs your tests: values, batches, lists and, where the store says that it
 * is atomic, conditions; then races that are known by their issues in other libraries, played through `sessions` over it.
 *
 * The cases use random keys of the forms that `sessions` uses, and leave some: give them a store that only tests write to. They
 * may run side by side, and take some 3 s. A store that fails one of them loses sessions or revives what ended.
 *
 * @example
 * import { describe, it } from 'node:test'; // or from 'vitest'
 *
 * describe('my store', () => {
 *   for (const { name, run } of storeCases(myStore(client), { other: myStore(otherClient) })) it(name, run);
 * });
 */
export function storeCases(store: Store, { other = store, settle = async () => {}, failing }: StoreCasesOptions = {}): StoreCase[] {
  const subject = new Subject(store, other, settle, failing);
  const groups = [valueCases, listCases, ...(store.promises.atomic ? [conditionCases] : []), raceCases];
  return groups.flatMap((cases) => cases(subject));
}
