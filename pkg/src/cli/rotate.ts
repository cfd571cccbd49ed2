import { parseArgs } from 'node:util';

import { generateKeys } from '../keys.ts';
import { type Command, DONE } from './command.ts';
import { durationOption } from './options.ts';
import { type Keyring, keyId, keyring, keyringText, readKeyring } from './keyring.ts';

export const rotate: Command = {
  summary: 'Make a new root key, and say what to deploy when',

  help: `npx sealed-session rotate [--longest 400d] [--json]

Takes the keyring that is deployed, from SESSION_KEYS in the environment or from standard input,
makes a new root key, and prints three keyrings, one line each, in the order to deploy them:

  1. the new key last: every instance learns to open with it before any seals with it
  2. the new key first: it seals from now on, the old ones still open; nobody is logged out
  3. the old keys gone: when nothing that they sealed can be alive

  npx sealed-session rotate < session.keys > rotation.keys
  sed -n 1p rotation.keys | npx wrangler secret put SESSION_KEYS

The new key is made once: keep all three lines, as secret as the keyring itself.

--longest  the longest that anything sealed may live: LONGEST_ABSOLUTE of the Worker (400d unless
           set), the longest "absolute" or "ttl" that your own code asks for. The date of step 3
           counts from step 2 and is that much later.

The lookup key (slk1_…) stays: users' names in the store are made with it.`,

  async run(args, terminal) {
    const { out, note } = terminal;
    const { values } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false }, longest: { type: 'string', default: '400d' } },
    });
    const longest = durationOption(values.longest, 'longest');
    const given = await readKeyring(terminal);
    const { steps, root } = rotation(given, keyring(generateKeys()).roots[0] ?? '');
    const dropAt = dateAfter(Date.now(), longest);
    const keys = { new: keyId(root), old: given.roots.map(keyId) };

    if (values.json) {
      const [first, second, third] = steps.map(keyringText);
      out(
        JSON.stringify({
          steps: [
            { step: 1, SESSION_KEYS: first },
            { step: 2, SESSION_KEYS: second },
            { step: 3, SESSION_KEYS: third, not_before: dropAt },
          ],
          key_ids: keys,
        }),
      );
      return DONE;
    }
    if (given.roots.length > 1) {
      note(`This keyring has ${given.roots.length} root keys (${keys.old.join(', ')}): step 3 drops all of them.`);
      note('');
    }
    for (const [at, text] of explanations(keys, dropAt, values.longest).entries()) {
      note(text);
      const step = steps[at];
      if (step !== undefined) out(keyringText(step));
      note('');
    }
    return DONE;
  },
};

/** The keyrings to deploy, in their order. */
export function rotation({ lookup, roots }: Keyring, root: string): { steps: Keyring[]; root: string } {
  return { steps: [[...roots, root], [root, ...roots], [root]].map((ring) => ({ lookup, roots: ring })), root };
}

/** The first day, in UTC, on which everything sealed before now is over. */
export function dateAfter(now: number, seconds: number): string {
  const end = new Date(now + seconds * 1000 + DAY);
  return end.toISOString().slice(0, 'yyyy-mm-dd'.length);
}

function explanations(keys: { new: string; old: readonly string[] }, dropAt: string, longest: string): string[] {
  const old = keys.old.join(', ');
  return [
    `1. Now: deploy this. It opens with the new key ${keys.new}, and still seals with ${keys.old[0]}. Wait until every instance has it: some minutes.`,
    `2. Then: deploy this. ${keys.new} seals, ${old} still opens; a session moves to the new key with its next write.`,
    `3. On ${dropAt} or later, if step 2 is deployed today (${longest} and a day after it): deploy this, without ${old}.\n` +
      "   Earlier, and whoever's session was not written since step 2 logs in again. Too early shows: GET /v1/status counts unknown_key_ids_met.",
    'Keep all three lines: the new key is made once. npx sealed-session doctor <url> shows which keys a deployment has.',
  ];
}

/** Milliseconds. */
const DAY = 86_400_000;
