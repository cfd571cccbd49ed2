// Calls to a deployment as it is: nothing is repeated, nothing is followed, everything is timed.

/** An answer, whatever it is. */
export interface Answer {
  /** `GET /v1/session`, for people. */
  call: string;
  status: number;
  headers: Headers;
  /** JSON, if it is an object. */
  body: Readonly<Record<string, unknown>> | undefined;
  /** Until the whole answer was here. */
  ms: number;
  /** When it was sent and here, in Unix milliseconds. */
  sentAt: number;
  receivedAt: number;
}

export interface CallOptions {
  /** Whether to send the token: `false` sends none, a text sends that one. */
  token?: string | false;
  headers?: Record<string, string>;
  body?: unknown;
  /** What the table of latencies calls it; nothing keeps it out. */
  timed?: string;
}

export class Probe {
  /** Every answer, in the order of the calls. */
  readonly answers: Answer[] = [];
  /** Answers by what they are called in the table. */
  readonly timed = new Map<string, Answer[]>();
  readonly #url: URL;
  readonly #token: string;

  constructor(url: URL, token: string) {
    [this.#url, this.#token] = [url, token];
  }

  /** Throws what `fetch` throws. */
  async call(method: string, path: string, { token = this.#token, headers = {}, body, timed }: CallOptions = {}): Promise<Answer> {
    const all: Record<string, string> = { ...headers };
    if (token !== false) all['authorization'] = `Bearer ${token}`;
    if (body !== undefined) all['content-type'] ??= 'application/json';
    const [sentAt, start] = [Date.now(), performance.now()];
    const response = await fetch(this.#url.href.replace(/\/$/, '') + path, {
      method,
      headers: all,
      // Followed, a redirect would carry the token to wherever it leads.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const ms = performance.now() - start;
    const { status, headers: received } = response;
    const answer = { call: `${method} ${path}`, status, headers: received, body: objectOf(text), ms, sentAt, receivedAt: Date.now() };
    this.answers.push(answer);
    if (timed !== undefined) this.timed.set(timed, [...(this.timed.get(timed) ?? []), answer]);
    return answer;
  }
}

/** What an answer is, for people: its status and code. */
export function described({ call, status, body }: Answer): string {
  const code = textOf(body?.['code']);
  return `${call} answered ${status}${code === undefined ? '' : ` ${code}`}`;
}

/** A text of an answer that may be shown: one line, not long. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300) : undefined;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds for a call. */
const TIMEOUT = 10_000;
