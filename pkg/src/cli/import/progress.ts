// How far it is: a bar where lines change, else a line now and then.
import type { Terminal } from '../command.ts';
import type { Tally } from './mover.ts';

/** Tells after each user. */
export function progress({ note, status }: Pick<Terminal, 'note' | 'status'>, total: number): (tally: Tally) => void {
  let told = 0;
  return (tally) => {
    const share = tally.users / total;
    const text = `${tally.users} of ${total} users, ${tally.moved} sessions moved`;
    if (status !== undefined) {
      const full = Math.floor(share * BAR);
      status(`${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(share * 100)} %  ${text}`);
      if (share === 1) note('');
    } else if (share === 1 || Math.floor(share * LINES) > told) {
      told = Math.floor(share * LINES);
      note(text);
    }
  };
}

/** Characters. */
const BAR = 30;
/** Lines of a whole run in a log. */
const LINES = 20;
