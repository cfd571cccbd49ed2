import { parseArgs } from 'node:util';

import { type Command, DONE, FAILED, type Terminal, UsageError } from '../command.ts';
import { type Finding, recognise, recogniseText } from './recognise.ts';

export const inspect: Command = {
  summary: 'Show what an envelope tells without a key',

  help: `npx sealed-session inspect [<value>] [--json]

Shows what a value of a store or a cookie tells anybody who has it, and no key: of an envelope
its format, key ID, expiry, version and lengths; of a marker all of it. Takes base64url as an
argument, or text or bytes from standard input:

  npx wrangler kv key get --binding SESSIONS --remote s:QKqt… | npx sealed-session inspect
  redis-cli get sess:QKqt… | npx sealed-session inspect

Nothing of it is proven: an expiry is to be believed only when the envelope opens. A key ID that
your keyring lacks (npx sealed-session doctor lists them) is a session that nobody can open.

Keys, API tokens and session IDs are secrets: it says so, and does not repeat them.

Exit code 0: an envelope, a marker or a receipt. 1: anything else.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      // An envelope of ours begins with 9; what begins with a hyphen comes from a pipe.
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    if (positionals.length > 1) throw new UsageError('one value at a time');
    const finding = await find(positionals[0], terminal);
    if (values.json) terminal.out(JSON.stringify(finding));
    else print(finding, terminal);
    const isOurs = finding.kind === 'receipt' ? finding.wellFormed : finding.kind === 'envelope' || finding.kind === 'marker';
    return isOurs ? DONE : FAILED;
  },
};

async function find(value: string | undefined, { input }: Terminal): Promise<Finding> {
  if (value !== undefined) return recogniseText(value);
  const bytes = await input();
  if (bytes === undefined || bytes.length === 0) throw new UsageError('say the value, or pipe it in');
  return recognise(bytes);
}

function print(finding: Finding, { out, note }: Terminal): void {
  switch (finding.kind) {
    case 'envelope': {
      const { format, keyId, expiresAt, version, length, paddedLength, chunks } = finding;
      table(out, {
        'an envelope of format': String(format),
        'key ID': keyId,
        expires: `${expiresAt}${since(expiresAt)}`,
        version,
        length: `${length} bytes`,
        sealed: `${paddedLength} bytes with padding${chunks > 1 ? `, in ${chunks} chunks` : ''}`,
      });
      note('');
      note('Anybody can write this much: only an envelope that opens proves it.');
      return;
    }
    case 'marker':
      table(out, markerLines(finding));
      return;
    case 'receipt':
      out(finding.wellFormed ? 'the receipt of an erasure' : 'begins as the receipt of an erasure, but is malformed: a part is missing or altered');
      note('What it says is worth nothing before it is verified, so it is not shown here:');
      note('POST /v1/receipts/verify, or sessions.verify(receipt), with the deployment that issued it.');
      return;
    case 'secret':
      note(`${SECRETS[finding.what]} It is not repeated here.`);
      return;
    case 'unknown':
      note(`sealed-session inspect: ${finding.why}`);
  }
}

function markerLines(marker: Extract<Finding, { kind: 'marker' }>): Record<string, string> {
  const expires = { 'may be dropped': `${marker.expiresAt}${since(marker.expiresAt)}` };
  switch (marker.prefix) {
    case 'e:':
      return { 'a marker': 'e: this session ended', ended: marker.endedAt, ...(marker.dies === undefined ? {} : { 'grace until': marker.dies }), ...expires };
    case 'f:':
      return { 'a marker': 'f: what a regenerate made of this session ended too', ended: marker.endedAt, ...expires };
    case 'r:':
      return { 'a marker': "r: all of a user's sessions ended", 'joined until': marker.until, spares: marker.spares ? 'one session' : 'none', ...expires };
  }
}

function table(out: Terminal['out'], lines: Record<string, string>): void {
  const width = Math.max(...Object.keys(lines).map((name) => name.length));
  for (const [name, value] of Object.entries(lines)) out(`${name.padEnd(width)}  ${value}`);
}

/** How long a time is away, for people. */
function since(time: string): string {
  const seconds = Math.round((Date.parse(time) - Date.now()) / 1000);
  const far = Math.abs(seconds);
  const [count, unit] = far >= 172_800 ? [far / 86_400, 'd'] : far >= 7200 ? [far / 3600, 'h'] : far >= 120 ? [far / 60, 'min'] : [far, 's'];
  const text = `${Math.floor(count)} ${unit}`;
  return seconds >= 0 ? ` (in ${text})` : ` (${text} ago)`;
}

const SECRETS = {
  'API token': 'This is an API token, a secret, not an envelope. If it stood on a command line or in a log, make another one.',
  keyring: 'This is a key, the deployment’s secret, not an envelope. If it stood on a command line or in a log, rotate it: npx sealed-session rotate',
  'possible session ID': 'This has the form of a session ID, which is a secret (or of a handle or a CSRF token, which look alike), not an envelope.',
  UUID: 'This is a UUID, which may be a session ID of your own and so a secret, not an envelope.',
} as const;
