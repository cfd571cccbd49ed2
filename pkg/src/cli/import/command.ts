import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { remoteSessions } from '../../remote/sessions.ts';
import { type Command, DONE, FAILED, type Terminal, UsageError } from '../command.ts';
import { countOption, durationOption, isPrivate, secret, urlOption } from '../options.ts';
import { Databunker } from './databunker.ts';
import { Journal } from './journal.ts';
import { move, type Skip, type Tally } from './mover.ts';
import { progress } from './progress.ts';
import { readUsers } from './users.ts';

export const databunkerImport: Command = {
  summary: 'Move sessions from Databunker to the Worker',

  help: `npx sealed-session import --from databunker --url <Databunker> --users <file> --to <Worker>
                          [--ttl 1h] [--state <file>] [--concurrency 8] [--json]

Reads the sessions of each user from Databunker (GET /v1/sessions/{mode}/{identity}) and creates
them in the Worker: same session ID, same data, the user as mode:value. Nothing is deleted at the
source. DATABUNKER_TOKEN (a root token) and SESSIONS_TOKEN (scope sessions) are in the environment.

--users        lines of mode:value, as in email:ada@example.com; mode is login, email, phone (+ and
               digits), custom or token. Databunker has no list of its users, and sessions without one
               cannot be moved. A session becomes that of the first line that has it: name people as
               their sessions do, by the first of login, email, phone, custom, token that is in the data.
--ttl          max_session_retention_period of the source: 1h unless you set it there (its m is a month of
               31 days; here m is a minute, so say 31d). The listing tells when a session was written
               and which expiration was asked for, not when it ends: what is left of it counts from
               its last write, and is as right as --ttl is.
--state        where this run writes down what it has done: <users file>.moved unless you say
--concurrency  sessions that are created at once. Databunker is asked one thing at a time.

Run it again to go on after an interruption, and once more after the switch, for what was written
meanwhile. A session that was moved and is the same at the source is left alone, also when it has
changed or ended in the Worker since: that is what the state file knows, so keep it until the end.
Without it, a session that is newer in the Worker still stays; one whose owner logged out does not
stay out. The file names no session and no user in the clear.

Exit code 0: everything was moved or needed nothing. 1: something failed; run it again.`,

  async run(args, terminal) {
    const { values } = parseArgs({
      args,
      options: {
        from: { type: 'string' },
        url: { type: 'string' },
        users: { type: 'string' },
        to: { type: 'string' },
        ttl: { type: 'string', default: '1h' },
        state: { type: 'string' },
        concurrency: { type: 'string', default: '8' },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.from !== 'databunker') throw new UsageError('--from is databunker: no other source is known');
    const [from, to] = [urlOption(values.url, '--url'), urlOption(values.to, '--to')];
    if (!isPrivate(to)) throw new UsageError('--to is http:// across a network: the token and every session ID could be read on the way');
    if (values.users === undefined) throw new UsageError('--users is a file with a mode:value per line');
    const file = readFile(values.users);
    const users = readUsers(file);
    const ttl = durationOption(values.ttl, 'ttl');
    const concurrency = countOption(values.concurrency, 'concurrency', 64);
    const source = new Databunker(from, secret(terminal.env, 'DATABUNKER_TOKEN'));
    const target = remoteSessions({ url: to.href, token: secret(terminal.env, 'SESSIONS_TOKEN'), timeout: '30s' });
    const journal = new Journal(values.state ?? `${values.users}.moved`, from, to, file);

    // On a terminal the line of the bar is cleared first.
    const complain = (text: string): void => {
      terminal.status?.('');
      terminal.note(`sealed-session import: ${text}`);
    };
    if (!isPrivate(from)) complain('--url is http:// across a network: DATABUNKER_TOKEN and the sessions can be read on the way');
    const tally = await move({ source, target, journal, users, ttl, concurrency, complain, progress: progress(terminal, users.length) });
    report(tally, values.json, terminal);
    return tally.failed === 0 ? DONE : FAILED;
  },
};

function report({ users, unknownUsers, moved, skipped, failed }: Tally, json: boolean, { out, note }: Terminal): void {
  const all = Object.entries(skipped) as [Skip, number][];
  const sum = all.reduce((sum, [, count]) => sum + count, 0);
  if (json) {
    out(JSON.stringify({ users, unknown_users: unknownUsers, moved, skipped: sum, skipped_because: skipped, failed }));
    return;
  }
  const why = all.filter(([, count]) => count > 0).map(([reason, count]) => `${count} ${reason}`);
  out(`moved    ${moved}`);
  out(`skipped  ${sum}${why.length === 0 ? '' : ` (${why.join('; ')})`}`);
  out(`failed   ${failed}`);
  if (unknownUsers > 0) out(`users that Databunker does not know: ${unknownUsers} of ${users}`);
  if (skipped['expired, as far as --ttl tells'] > 0) {
    note('Databunker lists sessions that are over by --ttl as alive: is its max_session_retention_period longer? Then say it with --ttl.');
  }
  if (failed > 0) note('Run it again: it goes on where something failed.');
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--users cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
