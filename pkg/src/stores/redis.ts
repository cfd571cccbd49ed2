import * as base64url from '../base64url.ts';
import type { Change, Condition, Page, Store } from '../store.ts';
import { APPLY, LIST, script } from './redis-scripts.ts';

/** Sends one command; `key` is one of its keys, for clusters. */
export type SendCommand = (command: string[], key: string) => Promise<unknown>;

/** A client of `redis` (node-redis), of `ioredis`, or a function that sends a command. */
export type RedisClientLike =
  | SendCommand
  | { sendCommand(command: string[]): Promise<unknown> }
  | { call(command: string, ...args: string[]): Promise<unknown> };

export interface RedisOptions {
  /** What keys begin with: `sealed:`. */
  prefix?: string | undefined;
  now?: (() => number) | undefined;
}

/**
 * Redis or Valkey, from 6.2: an exact store. A change and its conditions are one Lua script; the list of a user's sessions is
 * a sorted set beside them. Keys that are changed together share a hash tag, so a cluster will do.
 *
 * Exact holds for one primary: read from replicas, or fail over to one that lags, and an end that was answered may be unseen.
 *
 * @example
 * const store = redisStore(await createClient().connect());
 * const clustered = redisStore((command, key) => cluster.sendCommand(key, false, command));
 */
export function redisStore(client: RedisClientLike, { prefix = 'sealed:', now = Date.now }: RedisOptions = {}): Store {
  const send = sender(client);
  const apply = script(APPLY, send);
  const list = script(LIST, send);
  /** The letter that tells keys of one placement: the first of the name, after the kind. */
  const named = (key: string) => `${prefix}{${key.charAt(NAME_AT)}}:${key}`;

  return {
    promises: { atomic: true },

    async get(keys) {
      // Side by side: a client sends them as one pipeline.
      const values = await Promise.all(keys.map(async (key) => send(['GET', named(key)], named(key))));
      return values.map(decoded);
    },

    async apply({ when, changes, notAfter }) {
      const [first] = [...changes, ...when];
      if (first === undefined) return 'applied';
      if (notAfter !== undefined && now() > notAfter) return 'too_late';
      const keys = [...new Set([...when, ...changes].map(({ key }) => named(key)))];
      const indexes = [...new Set(changes.map(({ key }) => indexOf(key)).filter((key) => key !== undefined))].map(named);
      const batch = { when: when.map((condition) => said(condition, named)), changes: changes.map((change) => sent(change, named)) };
      const result = await apply([...keys, ...indexes], [JSON.stringify(batch), String(notAfter ?? 0)]);
      return result === 1 ? 'applied' : result === 2 ? 'too_late' : 'conflict';
    },

    async list({ prefix: user, after, limit }): Promise<Page> {
      const index = indexOf(user) ?? user;
      const reply = await list([named(index)], [named(user), after ?? '', String(limit)]);
      const [next, ...pairs] = reply as string[];
      const entries: { key: string; value: Uint8Array }[] = [];
      for (let at = 0; at + 1 < pairs.length; at += 2) {
        const value = decoded(pairs[at + 1]);
        if (value !== undefined) entries.push({ key: user + pairs[at], value });
      }
      return { entries, next: next === '' ? undefined : next };
    },
  };
}

function sender(client: RedisClientLike): SendCommand {
  if (typeof client === 'function') return client;
  // ioredis has a sendCommand, too, and it is another one.
  if ('call' in client) return ([command = '', ...args]) => client.call(command, ...args);
  return (command) => client.sendCommand(command);
}

/** Values are text in Redis, which every client reads as it is set up by default. */
function decoded(reply: unknown): Uint8Array | undefined {
  if (reply === null || reply === undefined) return undefined;
  const value = typeof reply === 'string' ? base64url.decode(reply) : undefined;
  if (value === undefined) throw new TypeError('Expected base64url in Redis, found something else: is the client set up to return buffers?');
  return value;
}

/** A condition for the script: its key, and what is there, or the version of it. */
function said(condition: Condition, named: (key: string) => string): [key: string, kind: string, text: string] {
  const { key, type } = condition;
  if (type === 'version') return [named(key), 'version', base64url.encode(condition.version)];
  return condition.value === undefined ? [named(key), 'absent', ''] : [named(key), 'equals', base64url.encode(condition.value)];
}

/** A change for the script: its key, its value or none, its expiry, and where it belongs to an index, that one's key and its own name there. */
function sent(change: Change, named: (key: string) => string): [key: string, value: string, expiresAt: number, index: string, member: string] {
  const index = indexOf(change.key);
  const member = change.key.slice(change.key.lastIndexOf(':') + 1);
  const place: [string, string] = index === undefined ? ['', ''] : [named(index), member];
  return change.type === 'put'
    ? [named(change.key), base64url.encode(change.value), change.expiresAt, ...place]
    : [named(change.key), '', 0, ...place];
}

/** The index that an entry `u:<user>:<session>` belongs to, `i:<user>`; nothing for other keys. */
function indexOf(key: string): string | undefined {
  return key.startsWith('u:') ? `i:${key.split(':')[1] ?? ''}` : undefined;
}

/** Where a key's name begins, after its kind. */
const NAME_AT = 2;
