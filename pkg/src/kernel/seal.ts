// The kernel without the session rules: compiled when its loader is, instantiated at its first use.
import { module } from '#seal';

import { fromKernel } from '../errors.ts';
import { initSync, generateKeys, generateSessionId, KernelScope, KernelSessionSealer, nativeNames, peek } from '../../wasm/seal.js';

// By name: a bundler then drops what else the glue has.
const kernel = { generateKeys, generateSessionId, KernelScope, KernelSessionSealer, nativeNames, peek };

export type SealKernel = typeof kernel;

let isReady = false;

/** Does something with the kernel; what it throws becomes an error of ours. */
export function withSealKernel<R>(work: (kernel: SealKernel) => R): R {
  if (!isReady) {
    initSync({ module });
    isReady = true;
  }
  try {
    return work(kernel);
  } catch (thrown) {
    throw fromKernel(thrown);
  }
}
