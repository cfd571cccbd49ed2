// The kernel with the session rules: compiled when its loader is, instantiated at its first use.
import { module } from '#rules';

import { fromKernel } from '../errors.ts';
import { initSync, KernelRules } from '../../wasm/rules.js';

// By name: a bundler then drops what else the glue has.
const kernel = { KernelRules };

export type RulesKernel = typeof kernel;

let isReady = false;

/** Does something with the kernel; what it throws becomes an error of ours. */
export function withRulesKernel<R>(work: (kernel: RulesKernel) => R): R {
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
