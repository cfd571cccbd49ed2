// Cloudflare Workers compile a module when it is uploaded, and hand it over by import.
export { default as module } from '../../../wasm/seal.wasm';
