// A session of our own, from its creation to its end, and whether it is gone then.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Findings } from './findings.ts';
import { type Answer, described, type Probe } from './probe.ts';

/** Whether a throw-away session lives as it should. It is ended whatever happens, and by itself after some minutes. */
export async function life(probe: Probe, findings: Findings, calls: number): Promise<void> {
  const ids: string[] = [];
  try {
    await throughLife(probe, findings, calls, ids);
  } finally {
    for (const id of ids) await probe.call('DELETE', PATH, { headers: { 'session-id': id } }).catch(() => undefined);
  }
}

async function throughLife(probe: Probe, findings: Findings, calls: number, ids: string[]): Promise<void> {
  const note = randomBytes(12).toString('hex');
  const created = await probe.call('POST', '/v1/sessions', { body: { data: { doctor: note }, absolute: LIFETIME }, timed: 'create' });
  const id = idOf(created, 201);
  if (id === undefined) {
    const why = created.status === 403 ? 'the token has not the scope sessions' : described(created);
    findings.add(created.status === 403 ? 'skipped' : 'failed', 'Create', why);
    return;
  }
  ids.push(id);
  findings.add('ok', 'Create', '201, with an ID of 256 bits');
  clock(created, findings);
  // Only an eventual store says so; it takes one write per second and key, and shows a write late.
  const isEventual = created.headers.get('consistency') === 'eventual';
  const patience = isEventual ? MOST_VISIBILITY : 0;
  const pause = async (): Promise<void> => void (isEventual && (await sleep(1100)));
  const at = (session: string): { headers: { 'session-id': string } } => ({ headers: { 'session-id': session } });

  const first = await until(() => probe.call('GET', PATH, { ...at(id), timed: 'read' }), holds({ doctor: note }), patience);
  if (!findings.check('Read', holds({ doctor: note })(first.answer), `what was created${first.after}`, described(first.answer))) return;
  for (let n = 1; n < calls; n++) await probe.call('GET', PATH, { ...at(id), timed: 'read' });

  await pause();
  const patched = await probe.call('PATCH', PATH, { ...at(id), body: { data: { patched: true } }, timed: 'patch' });
  const changed = await until(() => probe.call('GET', PATH, at(id)), holds({ doctor: note, patched: true }), patience);
  const isPatched = patched.status === 200 && holds({ doctor: note, patched: true })(changed.answer);
  findings.check('Patch', isPatched, `the change is read back${changed.after}`, patched.status === 200 ? 'the change is not read back' : described(patched));

  const stale = { 'session-id': id, 'if-match': created.headers.get('etag') ?? '""' };
  const conflict = await probe.call('PATCH', PATH, { headers: stale, body: { data: { lost: true } } });
  findings.check('If-Match', conflict.status === 412, 'a stale version is refused, with 412', `${described(conflict)}, expected 412`);

  await pause();
  const regenerated = await probe.call('POST', `${PATH}/regenerate`, { ...at(id), body: {}, timed: 'regenerate' });
  const next = idOf(regenerated, 201);
  if (next === undefined || next === id) {
    findings.add('failed', 'Regenerate', next === id ? 'the ID stayed what it was' : described(regenerated));
    return;
  }
  ids.unshift(next);
  const moved = await until(() => probe.call('GET', PATH, at(next)), holds({ doctor: note, patched: true }), patience);
  findings.check('Regenerate', holds({ doctor: note })(moved.answer), `the data is there under the new ID${moved.after}`, described(moved.answer));
  await gone('The old ID is dead', id, patience, probe, findings);

  await pause();
  const ended = await probe.call('DELETE', PATH, { ...at(next), timed: 'end' });
  const bound = ended.headers.get('revocation-bound') ?? 'none';
  findings.check('End', ended.status === 204 && /^\d+$/.test(bound), `204, Revocation-Bound ${bound} s`, `${described(ended)}, Revocation-Bound ${bound}`);
  await gone('The ended session is dead', next, Number(bound) || 0, probe, findings);
}

async function gone(name: string, id: string, patience: number, probe: Probe, findings: Findings): Promise<void> {
  const read = (): Promise<Answer> => probe.call('GET', PATH, { headers: { 'session-id': id, strict: 'true' } });
  const isGone = ({ status, body }: Answer): boolean => status === 404 && body?.['code'] === 'no_such_session';
  const { answer, after } = await until(read, isGone, patience);
  findings.check(name, isGone(answer), `404${after}`, `${described(answer)}, expected 404${patience > 0 ? ` within ${patience} s` : ''}`);
}

/** What the session's rules run on. A second is what a session's own deadlines are told in. */
function clock({ body, sentAt, receivedAt, headers }: Answer, findings: Findings): void {
  const theirs = Date.parse(String(body?.['created_at']));
  const date = Date.parse(headers.get('date') ?? '');
  const skew = Math.round(theirs < sentAt ? theirs - sentAt : Math.max(0, theirs - receivedAt)) / 1000;
  // The header has whole seconds, cut.
  const edge = Number.isNaN(date) ? 0 : (date + 1000 < sentAt ? date + 1000 - sentAt : Math.max(0, date - receivedAt)) / 1000;
  const worst = Math.abs(edge) > Math.abs(skew) ? edge : skew;
  if (Number.isNaN(theirs)) findings.add('failed', 'Clock', 'the answer to a create has no created_at');
  else if (Math.abs(worst) <= 1) findings.add('ok', 'Clock', 'agrees with the one here to a second');
  else {
    const detail = `${Math.abs(worst).toFixed(1)} s ${worst > 0 ? 'ahead of' : 'behind'} the one here`;
    findings.add(Math.abs(worst) < MOST_SKEW ? 'warning' : 'failed', 'Clock', `${detail}: one of them is wrong, and lifetimes are off by as much`);
  }
}

/** Calls again, for so many seconds, until the answer is the one; and says how long that took if it took some. */
async function until(call: () => Promise<Answer>, isIt: (answer: Answer) => boolean, patience: number): Promise<{ answer: Answer; after: string }> {
  const start = Date.now();
  for (let tries = 1; ; tries++) {
    const answer = await call();
    const passed = (Date.now() - start) / 1000;
    if (isIt(answer)) return { answer, after: tries === 1 ? '' : `, after ${passed.toFixed(1)} s` };
    if (passed > patience) return { answer, after: '' };
    await sleep(1000);
  }
}

function idOf({ status, body }: Answer, expected: number): string | undefined {
  const id = body?.['id'];
  return status === expected && typeof id === 'string' && /^[\w-]{43}$/.test(id) ? id : undefined;
}

const holds =
  (data: Record<string, unknown>) =>
  ({ status, body }: Answer): boolean => {
    const held = body?.['data'] as Record<string, unknown> | null | undefined;
    return status === 200 && Object.entries(data).every(([name, value]) => held?.[name] === value);
  };

const PATH = '/v1/session';
/** Should this process die, the session is gone after so long. */
const LIFETIME = '15m';
/** Seconds until a write over Workers KV is seen everywhere, with some to spare. */
const MOST_VISIBILITY = 70;
/** Seconds by which clocks differ where something is wrong. */
const MOST_SKEW = 30;
