import { parseArgs } from 'node:util';

import { type Command, DONE, FAILED, type Terminal, UsageError } from '../command.ts';
import { countOption, secret, urlOption } from '../options.ts';
import { headers, type Latency, latencies } from './answers.ts';
import { type Finding, Findings, Stop } from './findings.ts';
import { life } from './life.ts';
import { Probe } from './probe.ts';
import { reach, reason } from './reach.ts';
import { type State, status } from './status.ts';

export const doctor: Command = {
  summary: 'Check a deployment of the Worker',

  help: `npx sealed-session doctor <url> [--calls 8] [--json]

Checks a deployment from outside, with the API token in SESSIONS_TOKEN: whether it is one, whether
it refuses a wrong token and takes yours, its store and revocation bound, its keyring across calls,
its clock, its headers; and it takes a session of its own through its life: create, read, patch,
regenerate, end, and whether the old ID and the ended session are dead. Then, how long that took.

  SESSIONS_TOKEN=$(cat doctor.token) npx sealed-session doctor https://sessions.example.com

The token needs the scope sessions, and admin for the store and the keyring: without that these
are skipped. It is sent only to what has shown to be sealed-session, never unencrypted across a
network. The session has no user, and is ended whatever happens. Over Workers KV it takes some
seconds, since KV takes one write per second of a key; minutes where a write is seen late.

--calls  how often to ask for the status and to read the session

Exit code 0: all is well, or worth a look at most (!). 1: something is wrong (✗).`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, calls: { type: 'string', default: '8' } },
    });
    const [given, ...more] = positionals;
    if (given === undefined || more.length > 0) throw new UsageError('say the one URL of the deployment');
    const url = urlOption(given, 'the deployment');
    const calls = countOption(values.calls, 'calls', 100);
    const token = secret(terminal.env, 'SESSIONS_TOKEN');

    if (!values.json) terminal.out(`${terminal.paint('bold', 'sealed-session doctor')} ${url.href}\n`);
    const findings = new Findings(values.json ? () => {} : (finding) => terminal.out(line(finding, terminal)));
    const probe = new Probe(url, token);
    const state = await examine(url, probe, findings, calls);
    const table = latencies(probe);
    const isWell = findings.count('failed') === 0;
    if (values.json) terminal.out(JSON.stringify({ url: url.href, ok: isWell, ...state, checks: findings.all, latency: table }));
    else summary(findings, table, terminal);
    return isWell ? DONE : FAILED;
  },
};

async function examine(url: URL, probe: Probe, findings: Findings, calls: number): Promise<State | undefined> {
  let state: State | undefined;
  try {
    await reach(url, probe, findings);
    state = await status(probe, findings, calls);
    await life(probe, findings, calls);
    headers(probe, state, findings);
  } catch (error) {
    // In the middle of it the deployment stopped to answer.
    if (!(error instanceof Stop)) findings.add('failed', 'Answers every call', reason(error));
  }
  return state;
}

function line({ result, name, detail }: Finding, { paint }: Terminal): string {
  const { sign, colour } = SIGNS[result];
  return `  ${paint(colour, sign)} ${name.padEnd(WIDTH)} ${paint('dim', detail)}`;
}

function summary(findings: Findings, table: readonly Latency[], { out, paint }: Terminal): void {
  if (table.length > 0) {
    out('');
    out(paint('bold', `  ${'milliseconds'.padEnd(14)}${['calls', 'fastest', 'median', 'slowest', 'store'].map((head) => head.padStart(9)).join('')}`));
    for (const { call, calls, fastest, median, slowest, store } of table) {
      const cells = [String(calls), ...[fastest, median, slowest].map((ms) => ms.toFixed(1)), store === undefined ? '–' : store.toFixed(1)];
      out(`  ${call.padEnd(14)}${cells.map((cell) => cell.padStart(9)).join('')}`);
    }
  }
  const [failed, warnings, skipped] = [findings.count('failed'), findings.count('warning'), findings.count('skipped')];
  const parts = [`${findings.count('ok')} of ${findings.all.length} checks are well`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (warnings > 0) parts.push(`${warnings} worth a look`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  out('');
  out(`  ${paint(failed > 0 ? 'red' : 'green', parts.join(', '))}`);
}

const SIGNS = {
  ok: { sign: '✓', colour: 'green' },
  failed: { sign: '✗', colour: 'red' },
  warning: { sign: '!', colour: 'yellow' },
  skipped: { sign: '–', colour: 'dim' },
} as const;
/** Characters of the longest name. */
const WIDTH = 26;
