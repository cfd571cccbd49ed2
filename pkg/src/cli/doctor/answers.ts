// What holds of every answer: its headers, and how long it took.
import type { Findings } from './findings.ts';
import { type Answer, described, type Probe } from './probe.ts';
import type { State } from './status.ts';

export function headers({ answers }: Probe, state: State | undefined, findings: Findings): void {
  const api = answers.filter(({ call }) => call.includes(' /v1/'));
  const rule = (name: string, holds: (answer: Answer) => boolean, detail: string, of = api): void => {
    const broken = of.find((answer) => !holds(answer));
    findings.check(name, broken === undefined, `${detail} (${of.length} answers)`, broken && `${described(broken)} without it: expected ${detail}`);
  };
  rule('Nothing is cached', ({ headers }) => headers.get('cache-control') === 'no-store' && !isFromCache(headers), 'Cache-Control: no-store');
  rule('No cookies', ({ headers }) => !headers.has('set-cookie'), 'no Set-Cookie: cookies are the application’s');
  const withBody = api.filter(({ status }) => status !== 204);
  const isJson = ({ headers, body }: Answer): boolean => body !== undefined && /^application\/(problem\+)?json/.test(headers.get('content-type') ?? '');
  rule('JSON', isJson, 'every answer and every error is JSON', withBody);
  if (state === undefined) return;
  const sessions = api.filter(({ call, status }) => / \/v1\/sessions?(\/regenerate)?$/.test(call) && status < 300);
  if (sessions.length === 0) return;
  const expected = state.store === 'kv' ? 'eventual' : null;
  const says = expected === null ? 'no Consistency header: the store is exact' : 'Consistency: eventual';
  rule('Consistency', ({ headers }) => headers.get('consistency') === expected, says, sessions);
}

/** How long the calls of one kind took, in milliseconds. */
export interface Latency {
  call: string;
  calls: number;
  fastest: number;
  median: number;
  slowest: number;
  /** What the store took of the median call, as the Worker says. */
  store: number | undefined;
}

export function latencies({ timed }: Probe): Latency[] {
  return [...timed].map(([call, answers]) => {
    const all = answers.map(({ ms }) => ms);
    const stores = answers.map(storeTime).filter((ms) => ms !== undefined);
    const store = stores.length === 0 ? undefined : median(stores);
    return { call, calls: all.length, fastest: round(Math.min(...all)), median: median(all), slowest: round(Math.max(...all)), store };
  });
}

function isFromCache(headers: Headers): boolean {
  return headers.get('cf-cache-status') === 'HIT' || Number(headers.get('age') ?? 0) > 0;
}

function storeTime({ headers }: Answer): number | undefined {
  const [, ms] = /^store;dur=([\d.]+)/.exec(headers.get('server-timing') ?? '') ?? [];
  return ms === undefined ? undefined : Number(ms);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return round(sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2);
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
