// Next with a sealed cookie: who you are is in your browser, and only the server can read or change it.
//
//   cd examples/next && npx next build
//   export SESSION_KEYS=$(npx sealed-session keygen)
//   npx next start --hostname 127.0.0.1 --port 3000
//   open http://127.0.0.1:3000/
import { join } from 'node:path';

export default {
  // In this repository the packages are two directories up.
  turbopack: { root: join(import.meta.dirname, '../..') },
  poweredByHeader: false,
};
