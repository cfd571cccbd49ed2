// The kernel without the session rules.
import { module } from '#seal';

import { initSync, generateKeys, generateSessionId, KernelScope, KernelSessionSealer, nativeNames, peek } from '../../wasm/seal.js';
import { instance } from './instance.ts';

// By name: a bundler then drops what else the glue has.
const kernel = { generateKeys, generateSessionId, KernelScope, KernelSessionSealer, nativeNames, peek };

export type SealKernel = typeof kernel;

/** Does something with the kernel. */
export const withSealKernel = /* @__PURE__ */ instance(kernel, () => initSync({ module }));
