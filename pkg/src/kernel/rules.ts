// The kernel with the session rules.
import { module } from '#rules';

import { initSync, KernelRules } from '../../wasm/rules.js';
import { instance } from './instance.ts';

const kernel = { KernelRules };

export type RulesKernel = typeof kernel;

/** Does something with the kernel. */
export const withRulesKernel = /* @__PURE__ */ instance(kernel, () => initSync({ module }));
