import { parseArgs } from 'node:util';

import { generateKeys } from '../keys.ts';
import { type Command, DONE } from './command.ts';

export const keygen: Command = {
  summary: 'Make a keyring for SESSION_KEYS',

  help: `npx sealed-session keygen [--json]

Prints a new keyring, one line: a lookup key, which names users and foreign IDs and never
rotates, and a root key, which seals. How to set it is told beside it, not in the line:

  npx sealed-session keygen >> session.keys
  npx sealed-session keygen | npx wrangler secret put SESSION_KEYS

Keep a copy somewhere safe: without these keys no session can be read.`,

  run(args, { out, note }) {
    const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
    const keys = generateKeys();
    out(values.json ? JSON.stringify({ SESSION_KEYS: keys }) : keys);
    if (!values.json) {
      note('');
      note('Set it as SESSION_KEYS, where your server and nobody else reads it:');
      note('  Node, Bun, Deno   SESSION_KEYS=<the line above> in the environment or in .env');
      note('  Workers           npx wrangler secret put SESSION_KEYS');
      note('Keep a copy somewhere safe: without these keys no session can be read.');
    }
    return DONE;
  },
};
