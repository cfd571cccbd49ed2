// The kernel without the session rules: compiled when its loader is, instantiated at its first use.
import { module } from '#seal';

import { fromKernel } from '../errors.ts';
import * as glue from '../../wasm/seal.js';

export type SealKernel = typeof glue;

let isReady = false;

/** Does something with the kernel; what it throws becomes an error of ours. */
export function withSealKernel<R>(work: (kernel: SealKernel) => R): R {
  if (!isReady) {
    glue.initSync({ module });
    isReady = true;
  }
  try {
    return work(glue);
  } catch (thrown) {
    throw fromKernel(thrown);
  }
}
