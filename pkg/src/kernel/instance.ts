import { fromKernel } from '../errors.ts';

/** A way to a module of the kernel: `init` makes its instance, at the first use. What the module throws becomes an error of ours. */
export function instance<K>(kernel: K, init: () => unknown): <R>(work: (kernel: K) => R) => R {
  let isReady = false;
  return (work) => {
    if (!isReady) {
      init();
      isReady = true;
    }
    try {
      return work(kernel);
    } catch (thrown) {
      throw fromKernel(thrown);
    }
  };
}
