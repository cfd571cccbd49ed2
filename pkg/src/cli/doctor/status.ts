// What a deployment says of itself: its store, its bound, its keys.
import { type Findings, Stop } from './findings.ts';
import { type Answer, described, type Probe, textOf } from './probe.ts';
import { isUnauthorized } from './reach.ts';

/** What the other checks have to know. */
export interface State {
  store: 'kv' | 'durable';
  /** Seconds. */
  bound: number;
}

/** Nothing where the token may not see it. */
export async function status(probe: Probe, findings: Findings, calls: number): Promise<State | undefined> {
  const answer = await probe.call('GET', '/v1/status', { timed: 'status' });
  if (isUnauthorized(answer)) {
    findings.add('failed', 'Takes the token', '401: SESSIONS_TOKEN is none of this deployment’s');
    throw new Stop();
  }
  if (answer.status === 403) {
    findings.add('ok', 'Takes the token', 'it has not the scope admin');
    for (const name of ['Store', 'Keyring']) findings.add('skipped', name, 'only a token with the scope admin sees it');
    return undefined;
  }
  const state = stateOf(answer);
  if (state === undefined) {
    findings.add('failed', 'Takes the token', `${described(answer)}, which this release does not understand`);
    throw new Stop();
  }
  findings.add('ok', 'Takes the token', `and shows its state: version ${textOf(answer.body?.['version']) ?? 'unknown'}`);
  const bound = state.bound === 0 ? 'an end holds everywhere at once' : `an end holds everywhere within ${state.bound} s`;
  findings.add('ok', 'Store', `${state.store}: ${bound}`);

  const answers = [answer];
  while (answers.length < calls) answers.push(await probe.call('GET', '/v1/status', { timed: 'status' }));
  keyring(answers, findings);
  return state;
}

function stateOf({ status, body }: Answer): State | undefined {
  const [store, bound] = [body?.['store'], body?.['revocation_bound_seconds']];
  if (status !== 200 || (store !== 'kv' && store !== 'durable') || typeof bound !== 'number') return undefined;
  return { store, bound };
}

/** Each call may meet another instance: while a new keyring is deployed they differ, and must agree afterwards. */
function keyring(answers: readonly Answer[], findings: Findings): void {
  const rings = new Set(answers.map(({ body }) => idsOf(body?.['key_ids'])));
  const [ring = ''] = rings;
  const said = ring === '' ? 'it names no key' : `${ring}${ring.includes(',') ? ': the first seals, every one opens' : ''}`;
  const differ = `instances differ: ${[...rings].join(' and ')}; wait for the deployment to reach them all`;
  findings.check('Keyring', rings.size === 1 && ring !== '', `${said} (${answers.length} calls)`, rings.size === 1 ? said : differ);

  const unknown = Math.max(...answers.map(({ body }) => Number(body?.['unknown_key_ids_met'] ?? 0)));
  const warning = answers.map(({ body }) => textOf(body?.['warning'])).find((text) => text !== undefined);
  if (unknown > 0) {
    findings.add('failed', 'Keys of stored sessions', `${unknown} sessions were met whose key is not in the keyring: put the dropped key back, last`);
  } else findings.add('ok', 'Keys of stored sessions', 'none was met whose key is missing');
  if (warning !== undefined) findings.add('warning', 'Warning', warning);
}

function idsOf(ids: unknown): string {
  return Array.isArray(ids) ? ids.map((id) => textOf(id) ?? '?').join(', ') : '';
}
