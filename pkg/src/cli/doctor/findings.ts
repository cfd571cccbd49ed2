/** What a check came to. A warning is worth a look and fails nothing; what was skipped could not be asked. */
export type Result = 'ok' | 'failed' | 'warning' | 'skipped';

export interface Finding {
  name: string;
  result: Result;
  detail: string;
}

/** What was found, as it is found. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #tell: (finding: Finding) => void;

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell;
  }

  add(result: Result, name: string, detail: string): void {
    const finding = { name, result, detail };
    this.all.push(finding);
    this.#tell(finding);
  }

  /** Says whether it held. */
  check(name: string, holds: boolean, detail: string, otherwise: string = detail): boolean {
    this.add(holds ? 'ok' : 'failed', name, holds ? detail : otherwise);
    return holds;
  }

  count(result: Result): number {
    return this.all.filter((finding) => finding.result === result).length;
  }
}

/** Nothing that comes after it makes sense. */
export class Stop extends Error {}
