// Vercel's edge runtime takes WebAssembly by this import alone.
export { default as module } from '../../../wasm/rules.wasm?module';
