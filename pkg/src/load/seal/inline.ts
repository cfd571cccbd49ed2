// Everywhere else: the module as base64, compiled when this file is loaded. A handler in workerd could not.
import { base64 } from '../../../wasm/seal.inline.js';
import { decode } from '../decode.ts';

export const module: WebAssembly.Module = /* @__PURE__ */ new WebAssembly.Module(/* @__PURE__ */ decode(base64));
