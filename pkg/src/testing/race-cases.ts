import { isSealedSessionError } from '../errors.ts';
import { generateKeys } from '../keys.ts';
import { sessions } from '../sessions.ts';
import type { Sessions } from '../types.ts';
import { check, refused, same } from './check.ts';
import { Gate } from './gate.ts';
import type { StoreCase } from './store-cases.ts';
import { CALL, newName, randomBytes, remove, type Subject } from './subject.ts';

type Data = Record<string, unknown>;

/**
 * Races that issues of other libraries name, through the session rules over the store. An eventual store has the same
 * outcome after its bound; which of two writes lasts there is not promised, and so not asked.
 */
export function raceCases(subject: Subject): StoreCase[] {
  const { atomic, visibility = 0 } = subject.store.promises;
  const keys = generateKeys();
  /** Sessions of a server of its own, with an empty memory; later than the others by so many seconds. */
  const server = (store = subject.store, later = 0): Sessions<Data> =>
    sessions<Data>({ keys, store, now: () => Date.now() + later * 1000 });
  /** What another server says when an end must hold everywhere. */
  const afterwards = async (): Promise<Sessions<Data>> => {
    await subject.settle();
    return server(subject.other, atomic ? 0 : visibility + 1);
  };
  const isOver = async (id: string, what: string) => same((await (await afterwards()).read(id))?.data, undefined, what);

  const cases: StoreCase[] = [
    {
      name: 'express-session #632: a request that was slow does not bring back a session that ended',
      async run() {
        const gate = new Gate(subject.store);
        const [slow, quick] = [server(gate.store), server(subject.other)];
        const { id } = await quick.create({ data: { cart: 1 } });
        await subject.settle();
        await slow.read(id);
        const held = gate.hold('s:');
        const write = slow.patch(id, { cart: 2 }).catch(mustBeOver);
        await Promise.race([held, write]);
        await quick.end(id);
        gate.release();
        await write;
        await isOver(id, 'the session that ended');
        await refused((await afterwards()).replace(id, {}), 'no_such_session', 'a later write');
        await isOver(id, 'the session that ended');
      },
    },
    {
      name: 'express-session #830: an insert is no update, and an ID that ended is not taken again',
      async run() {
        const all = server();
        const id = crypto.randomUUID();
        await refused(all.replace(id, {}), 'no_such_session', 'a replace of what never was');
        await refused(all.patch(id, {}), 'no_such_session', 'a patch of what never was');
        await isOver(id, 'what nobody created');
        await all.create({ id, data: { a: 1 } });
        await subject.settle();
        same((await server(subject.other).read(id))?.data, { a: 1 }, 'what was created');
        await all.end(id);
        await refused((await afterwards()).create({ id, data: { a: 2 } }), 'session_ended', 'a create of what ended');
        await isOver(id, 'the session that ended');
      },
    },
    {
      name: 'express-session #361: who writes what somebody else wrote meanwhile is told',
      async run() {
        const [one, two] = [server(), server(subject.other)];
        const { id } = await one.create({ data: { theme: 'light' } });
        await subject.settle();
        const seen = (await one.read(id))?.version;
        await two.replace(id, { theme: 'dark' });
        await subject.settle();
        await refused((await afterwards()).replace(id, { theme: 'light', cart: [] }, { version: seen }), 'version_conflict', 'the later write');
        same((await (await afterwards()).read(id))?.data, { theme: 'dark' }, 'the data');
      },
    },
    {
      name: 'better-auth #11073, "concurrent-login": of logins at once each is listed, and revoked with all',
      async run() {
        const user = newName();
        const made = await Promise.all(Array.from({ length: 8 }, async (_, at) => server(at % 2 ? subject.other : subject.store).create({ user })));
        await subject.settle();
        same(await listed(server(subject.other), user), made.map(({ handle }) => handle).toSorted(), 'the list');
        const [kept, ...others] = made;
        const { ended } = await server().user(user).revokeAll({ except: kept?.id });
        same(ended, others.length, 'sessions that ended');
        for (const { id } of others) await isOver(id, 'a session that was revoked');
        const later = await afterwards();
        check((await later.read(kept?.id ?? '')) !== undefined, 'the session that was to stay is gone');
        same(await listed(later, user), [kept?.handle], 'the list');
      },
    },
    {
      name: 'better-auth #11073, "refresh-after-revoke": a write on its way does not undo a revocation',
      async run() {
        const user = newName();
        const gate = new Gate(subject.store);
        const [slow, quick] = [server(gate.store), server(subject.other)];
        const { id } = await quick.create({ user, data: {} });
        await subject.settle();
        await slow.read(id);
        const held = gate.hold('s:');
        const write = slow.patch(id, { seen: 1 }).catch(mustBeOver);
        await Promise.race([held, write]);
        await quick.user(user).revokeAll();
        gate.release();
        await write;
        await isOver(id, 'the session that was revoked');
        same(await listed(await afterwards(), user), [], 'the list');
      },
    },
    {
      name: 'better-auth #11073, "login-after-revoke-all": who is alive is listed, so that nothing survives the next one',
      async run() {
        const user = newName();
        const gate = new Gate(subject.store);
        const held = gate.hold('s:');
        const login = server(gate.store).create({ user });
        await held;
        await server(subject.other).user(user).revokeAll();
        gate.release();
        const { id, handle } = await login;
        const later = await afterwards();
        const alive = (await later.read(id)) !== undefined;
        same(await listed(later, user), alive ? [handle] : [], 'the list');
        await later.user(user).revokeAll();
        await subject.settle();
        const latest = server(subject.store, atomic ? 0 : 2 * (visibility + 1));
        same((await latest.read(id))?.data, undefined, 'the session that was revoked');
      },
    },
    {
      name: 'better-auth #11022: ends at once of the same session, and of all, leave none',
      async run() {
        const user = newName();
        const made = await Promise.all(Array.from({ length: 4 }, async () => server().create({ user, data: { a: 1 } })));
        await subject.settle();
        const ends = made.flatMap(({ id, handle }) => [
          server(subject.other).end(id),
          server().user(user).revoke(handle).catch(mustBeOver),
          server().patch(id, { b: 2 }).catch(mustBeOver),
        ]);
        await Promise.all([...ends, server(subject.other).user(user).revokeAll()]);
        for (const { id } of made) await isOver(id, 'a session that ended');
        same(await listed(await afterwards(), user), [], 'the list');
      },
    },
    {
      name: `better-auth-cloudflare #61: an end holds everywhere within ${atomic ? 0 : visibility} s, also where the session was read before`,
      async run() {
        let later = 0;
        const elsewhere = sessions<Data>({ keys, store: subject.other, now: () => Date.now() + later });
        const here = server();
        const [one, two] = [await here.create({ user: newName(), data: { a: 1 } }), await here.create()];
        await subject.settle();
        for (const { id } of [one, two]) check((await elsewhere.read(id)) !== undefined, 'a session is not seen elsewhere');
        for (const { id } of [one, two]) same((await here.end(id)).revocationBound, atomic ? 0 : visibility, 'the bound');
        await subject.settle();
        later = atomic ? 0 : (visibility + 1) * 1000;
        for (const { id } of [one, two]) same((await elsewhere.read(id))?.data, undefined, 'a session that ended');
      },
    },
    {
      name: 'a session with 1 MiB of data, and one that nobody may read under another ID',
      async run() {
        const all = sessions<Data>({ keys, store: subject.store, maxData: 1_048_576 });
        const text = Array.from(randomBytes(520_000), (byte) => byte.toString(16).padStart(2, '0')).join('');
        const { id } = await all.create({ data: { text } });
        const other = await all.create({ data: { text: '' } });
        await subject.settle();
        check((await all.read(id))?.data['text'] === text, 'the data are others');
        same((await all.read(other.id))?.data, { text: '' }, 'the other data');
      },
    },
  ];
  return [...cases, ...(atomic ? exactCases(subject, server) : eventualCases(subject, server, afterwards))];
}

/** What only conditions can promise. */
function exactCases(subject: Subject, server: (store?: Subject['store']) => Sessions<Data>): StoreCase[] {
  return [
    {
      name: 'express-session #361: of many who write one version at once exactly one is not told',
      async run() {
        const { id, version } = await server().create({ data: {} });
        const results = await Promise.all(
          Array.from({ length: 10 }, async (_, by) =>
            server(by % 2 ? subject.other : subject.store).replace(id, { by }, { version }).then(() => 'written', codeOf),
          ),
        );
        same(results.toSorted(), [...Array.from({ length: 9 }, () => 'version_conflict'), 'written'], 'the results');
        same((await server().read(id))?.data, { by: results.indexOf('written') }, 'the data');
      },
    },
    {
      name: 'express-session #606: uploads at once lose nothing of each other',
      async run() {
        const { id } = await server().create({ data: {} });
        const upload = async (name: string) => {
          for (let tries = 1; ; tries++) {
            const result = await server(subject.other).patch(id, { [name]: 'done' }).then(() => 'written', codeOf);
            if (result === 'written') return;
            // Others were quicker, more often than one call tries.
            check(result === 'store_unavailable' && tries < MOST_TRIES, `a write failed ${tries} times: ${result}`);
          }
        };
        const names = Array.from({ length: 8 }, (_, at) => `upload${at}`);
        await Promise.all(names.map(upload));
        same(Object.keys((await server().read(id))?.data ?? {}).toSorted(), names, 'the data');
      },
    },
    {
      name: 'express-session #830: of many who regenerate one session at once one has it',
      async run() {
        const user = newName();
        const { id } = await server().create({ user, data: { a: 1 } });
        const results = await Promise.allSettled(
          Array.from({ length: 6 }, async (_, at) => server(at % 2 ? subject.other : subject.store).regenerate(id, { user })),
        );
        const heirs = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
        const alive = [];
        for (const heir of heirs) if ((await server().read(heir.id)) !== undefined) alive.push(heir.handle);
        same(alive.length, 1, 'sessions that are alive');
        const rows = await listed(server(), user);
        check(alive.every((handle) => rows.includes(handle)), 'the session that is alive is not in the list');
        same((await server().read(id))?.data, undefined, 'the old ID');
      },
    },
  ];
}

/** What a store without conditions has other means for. */
function eventualCases(
  subject: Subject,
  server: (store?: Subject['store']) => Sessions<Data>,
  afterwards: () => Promise<Sessions<Data>>,
): StoreCase[] {
  return [
    {
      name: 'express-session #606: uploads one after the other lose nothing of each other',
      async run() {
        const { id } = await server().create({ data: {} });
        const names = ['upload0', 'upload1', 'upload2'];
        for (const name of names) {
          await subject.settle();
          await server(subject.other).patch(id, { [name]: 'done' });
        }
        same(Object.keys((await (await afterwards()).read(id))?.data ?? {}).toSorted(), names, 'the data');
      },
    },
    {
      name: 'better-auth #11073, "missing-index": revoke-all ends sessions that its list has lost',
      async run() {
        const user = newName();
        const made = [await server().create({ user }), await server().create({ user })];
        await subject.settle();
        // The list is found by what the store shows of it.
        const entries = await entriesOf(subject, new Set(made.map(({ handle }) => handle)));
        same(entries.length, made.length, 'entries');
        for (const key of entries) await subject.apply([remove(key)]);
        same(await listed(await afterwards(), user), [], 'the list');
        await server(subject.other).user(user).revokeAll();
        const later = await afterwards();
        for (const { id } of made) same((await later.read(id))?.data, undefined, 'a session that was revoked');
      },
    },
  ];
}

async function listed(all: Sessions<Data>, user: string): Promise<string[]> {
  const handles: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await all.user(user).list({ cursor });
    handles.push(...page.sessions.map(({ handle }) => handle));
    cursor = page.next;
  } while (cursor !== undefined);
  return handles.toSorted();
}

async function entriesOf({ other }: Subject, handles: ReadonlySet<string>): Promise<string[]> {
  const keys: string[] = [];
  let after: string | undefined;
  do {
    const page = await other.list({ prefix: 'u:', after, limit: 1000 }, CALL);
    keys.push(...page.entries.map(({ key }) => key).filter((key) => handles.has(key.slice(-43))));
    after = page.next;
  } while (after !== undefined);
  return keys;
}

function codeOf(error: unknown): string {
  return isSealedSessionError(error) ? error.code : String(error);
}

/** What lost against an end may say so. */
function mustBeOver(error: unknown): void {
  if (codeOf(error) !== 'no_such_session') throw error;
}

/** Of one write, each of which tries several times itself. */
const MOST_TRIES = 50;
