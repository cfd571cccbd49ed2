// The kernel with the session rules: compiled when its loader is, instantiated at its first use.
import { module } from '#rules';

import { fromKernel } from '../errors.ts';
import * as glue from '../../wasm/rules.js';

export type RulesKernel = typeof glue;

let isReady = false;

/** Does something with the kernel; what it throws becomes an error of ours. */
export function withRulesKernel<R>(work: (kernel: RulesKernel) => R): R {
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
