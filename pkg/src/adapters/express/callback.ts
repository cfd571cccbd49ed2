/** A node callback. Libraries type its error as `any`, so that callbacks of every kind fit. */
export type Callback<R = void> = (error: any, result?: R) => void;

/**
 * Answers a callback with what a promise comes to: once, and outside of the promise's chain. A callback that throws inside
 * it would be called a second time by a handler behind it, or its error would be lost as a rejection.
 */
export function settle<R>(work: Promise<R | undefined>, callback: Callback<R> | undefined): void {
  const answer = (...values: Parameters<Callback<R>>) => queueMicrotask(() => callback?.(...values));
  work.then(
    (result) => answer(null, result),
    (error: unknown) => answer(error),
  );
}

/** Calls what answers by callback; its first answer counts, or what it throws or rejects with instead of one. */
export function ask<R = void>(call: (callback: Callback<R>) => unknown): Promise<R | undefined> {
  return new Promise((resolve, reject) => {
    const returned = call((error, result) => {
      if (error) reject(error as Error);
      else resolve(result);
    });
    if (returned instanceof Promise) returned.catch(reject);
  });
}
