// The keyring that a command is given, and what may be shown of it.
import { text } from '../bytes.ts';
import { withSealKernel } from '../kernel/seal.ts';
import { Sealer } from '../sealer.ts';
import { type Terminal, UsageError } from './command.ts';

/** The keyring out of the environment or standard input. Throws where it is none. */
export async function readKeyring({ env, input }: Pick<Terminal, 'env' | 'input'>): Promise<Keyring> {
  const given = env['SESSION_KEYS'] ?? (await piped(input));
  if (given === undefined || given.trim() === '') {
    throw new UsageError('set SESSION_KEYS in the environment, or pipe the keyring in; it does not belong on the command line');
  }
  return keyring(given.trim());
}

/** A keyring's items, in their order. */
export interface Keyring {
  lookup: string | undefined;
  /** The first one seals. */
  roots: readonly string[];
}

export function keyring(keys: string): Keyring {
  // It throws where this is no keyring.
  void new Sealer(keys);
  const items = keys.split(',');
  return { lookup: items.find((item) => item.startsWith('slk1_')), roots: items.filter((item) => item.startsWith('ssk1_')) };
}

/** The keyring's text. Throws where two root keys have one key ID. */
export function keyringText({ lookup, roots }: Keyring): string {
  const keys = [...(lookup === undefined ? [] : [lookup]), ...roots].join(',');
  void new Sealer(keys);
  return keys;
}

/** The key ID of a root key, 8 hexadecimal digits: what an envelope sealed with it shows. */
export function keyId(root: string): string {
  const envelope = new Sealer(root).sealBytes(new Uint8Array(), { purpose: 'key id', ttl: 1 });
  const shown = withSealKernel((kernel) => kernel.peek(envelope));
  return shown?.split(',')[0] ?? '';
}

async function piped(input: Terminal['input']): Promise<string | undefined> {
  const bytes = await input();
  if (bytes === undefined) return undefined;
  try {
    return text(bytes);
  } catch {
    throw new UsageError('standard input is not text');
  }
}
