/** A store did not do what the contract of a `Store` says. Test runners show `actual` and `expected` as a difference. */
export class StoreContractError extends Error {
  override readonly name = 'StoreContractError';
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(message: string, { actual, expected }: { actual?: unknown; expected?: unknown } = {}) {
    super(message);
    this.actual = actual;
    this.expected = expected;
  }
}

/** Compares by JSON, in which bytes are lists of numbers, and nothing is `null`. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [json(actual), json(expected)];
  if (one !== other) throw new StoreContractError(`${what}: expected ${shortened(other)}, found ${shortened(one)}`, { actual, expected });
}

export function check(holds: boolean, what: string): void {
  if (!holds) throw new StoreContractError(what);
}

/** Something is refused with this code. */
export async function refused(work: Promise<unknown>, code: string, what: string): Promise<void> {
  const found = await work.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown } | null)?.code ?? String(error),
  );
  same(found, code, what);
}

function json(value: unknown): string {
  return JSON.stringify(plain(value)) ?? 'null';
}

/** Whatever kind of bytes a store gives back. Before JSON gets them: a Buffer has a form of its own there. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plain(held)]));
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Characters of a value in a message. */
const LONGEST = 200;
