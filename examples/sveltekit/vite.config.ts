// SvelteKit with a sealed cookie: who you are is in your browser, and only the server can read or change it.
//
//   cd examples/sveltekit && npx vite build              (Kit takes forms of this ORIGIN alone)
//   export SESSION_KEYS=$(npx sealed-session keygen)
//   HOST=127.0.0.1 PORT=3000 node build/index.js
//   open http://127.0.0.1:3000/
import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

const { ORIGIN = 'http://127.0.0.1:3000' } = process.env;

export default defineConfig({ plugins: [sveltekit({ adapter: adapter(), paths: { origin: ORIGIN } })] });
