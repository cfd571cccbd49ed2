// What Redis runs by itself, each as one: nobody's command comes in between.
import type { SendCommand } from './redis.ts';

/** Runs a script with these keys, of which there is at least one, and arguments. */
export type Script = (keys: readonly string[], args: readonly string[]) => Promise<unknown>;

/** A script by its digest; told in full where the server does not know it yet. */
export function script(lua: string, send: SendCommand): Script {
  let digest: Promise<string> | undefined;
  return async (keys, args) => {
    const key = keys[0] ?? '';
    const rest = [String(keys.length), ...keys, ...args];
    digest ??= sha1(lua);
    try {
      return await send(['EVALSHA', await digest, ...rest], key);
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error;
      return send(['EVAL', lua, ...rest], key);
    }
  };
}

async function sha1(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * ARGV: the batch as JSON, and the Unix milliseconds after which it is too late, or 0. Answers 1 applied, 0 conflict, 2 too
 * late. A value's version is bytes 9 to 20, so characters 13 to 28 of its base64url. An index lives as long as its last entry.
 */
export const APPLY = `
local batch, not_after = cjson.decode(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local seconds = tonumber(time[1])
if not_after > 0 and seconds * 1000 + math.floor(tonumber(time[2]) / 1000) > not_after then return 2 end
for _, condition in ipairs(batch.when) do
  local found = redis.call('GET', condition[1])
  if condition[2] == 'absent' then
    if found then return 0 end
  elseif condition[2] == 'equals' then
    if found ~= condition[3] then return 0 end
  elseif not found or string.sub(found, 13, 28) ~= condition[3] then
    return 0
  end
end
for _, change in ipairs(batch.changes) do
  local key, value, expires_at, index, member = unpack(change)
  if value == '' then
    redis.call('DEL', key)
    if index ~= '' then redis.call('ZREM', index, member) end
  else
    redis.call('SET', key, value)
    redis.call('EXPIREAT', key, expires_at)
    if index ~= '' then
      redis.call('ZADD', index, 0, member)
      if redis.call('TTL', index) < expires_at - seconds then redis.call('EXPIREAT', index, expires_at) end
    end
  end
end
return 1`;

/** KEYS: the index. ARGV: what its entries' keys begin with, the last name of the page before, how many. Answers the next page's start or nothing, then names and values. */
export const LIST = `
local from = '-'
if ARGV[2] ~= '' then from = '(' .. ARGV[2] end
local limit = tonumber(ARGV[3])
local names = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, limit + 1)
local reply = { '' }
for at, name in ipairs(names) do
  if at > limit then
    reply[1] = names[limit]
    break
  end
  local value = redis.call('GET', ARGV[1] .. name)
  if value then
    reply[#reply + 1] = name
    reply[#reply + 1] = value
  else
    redis.call('ZREM', KEYS[1], name)
  end
end
return reply`;
