import { createHash, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import * as base64url from '../base64url.ts';
import { type Command, DONE, UsageError } from './command.ts';

export const token: Command = {
  summary: "Make an API token, and the Worker's line for it",

  help: `npx sealed-session token --name <name> [--tenant default] [--scopes sessions,users] [--json]

Prints a new API token, one line, once: the Worker keeps only its SHA-256. Beside it stands the
line for API_TOKENS, which lets nobody in.

  npx sealed-session token --name shop >> shop.token

--name    what the Worker's log calls the caller
--tenant  whose sessions it reaches: letters, digits, . _ - (64 at most)
--scopes  what it may do, joined by commas:
            sessions  create, read, write and end sessions by their IDs
            users     list, end, export and erase all of one user's
            admin     see the deployment's state (GET /v1/status)

Add the line to API_TOKENS (npx wrangler secret put API_TOKENS takes all lines at once), or set
it alone under another name that begins with API_TOKENS_.`,

  run(args, { out, note }) {
    const { values } = parseArgs({
      args,
      options: {
        json: { type: 'boolean', default: false },
        name: { type: 'string' },
        tenant: { type: 'string', default: 'default' },
        scopes: { type: 'string', default: 'sessions,users' },
      },
    });
    const { name, tenant, scopes } = checked(values);
    const made = `sst_${base64url.encode(randomBytes(32))}`;
    const line = `${name} ${tenant} ${scopes} ${createHash('sha256').update(made).digest('hex')}`;
    if (values.json) {
      out(JSON.stringify({ token: made, API_TOKENS: line }));
      return DONE;
    }
    out(made);
    note('');
    note('It is not shown again. Where your server reads it: SESSIONS_TOKEN=<the line above>');
    note("The Worker's line, to add to API_TOKENS:");
    note('');
    note(line);
    return DONE;
  },
};

function checked({ name, tenant, scopes }: { name?: string | undefined; tenant: string; scopes: string }): Record<'name' | 'tenant' | 'scopes', string> {
  // Words of a line: the Worker splits it at white space, and takes one that starts with # for a comment.
  if (name === undefined || !/^[\x21-\x7e]{1,64}$/.test(name) || name.startsWith('#')) {
    throw new UsageError('--name is 1 to 64 visible ASCII characters without a space, and does not start with #');
  }
  if (!/^[\w.-]{1,64}$/.test(tenant)) throw new UsageError('--tenant is 1 to 64 letters, digits, dots, underscores or hyphens');
  const asked = scopes.split(',');
  const unknown = asked.find((scope) => !SCOPES.includes(scope));
  if (unknown !== undefined) throw new UsageError(`--scopes has ${JSON.stringify(unknown)}: expected ${SCOPES.join(', ')}, joined by commas`);
  return { name, tenant, scopes: [...new Set(asked)].join(',') };
}

const SCOPES: readonly string[] = ['sessions', 'users', 'admin'];
