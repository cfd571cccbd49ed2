import type { Batch, Store } from '../store.ts';

/** A store whose next change of a kind waits where a slow network would hold it: sent, and not there yet. */
export class Gate {
  readonly store: Store;
  #waits: ((batch: Batch) => boolean) | undefined;
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();
  #open: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(store: Store) {
    this.store = {
      promises: store.promises,
      get: (keys, options) => store.get(keys, options),
      list: (page, options) => store.list(page, options),
      apply: async (batch, options) => {
        if (this.#waits?.(batch) === true) {
          this.#waits = undefined;
          this.#arrived.resolve();
          await this.#open.promise;
        }
        return store.apply(batch, options);
      },
    };
  }

  /** Holds the next batch that changes a key of this kind; resolves when it is there. */
  hold(kind: string): Promise<void> {
    this.#arrived = Promise.withResolvers();
    this.#open = Promise.withResolvers();
    this.#waits = ({ changes }) => changes.some(({ key }) => key.startsWith(kind));
    return this.#arrived.promise;
  }

  release(): void {
    this.#open.resolve();
  }
}
