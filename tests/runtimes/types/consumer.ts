// Compiled against the installed package, as people write it; never run.
import {
  type ErrorCode,
  type KVNamespaceLike,
  type Session,
  type Sessions,
  type Store,
  SealedSessionError,
  Sealer,
  generateKeys,
  generateSessionId,
  isSealedSessionError,
  kvStore,
  memoryStore,
  redisStore,
  remoteSessions,
  sessions,
  unstorageStore,
} from 'sealed-session';
import { sealedCookie } from 'sealed-session/cookie';
import { sealedSerializer } from 'sealed-session/serializer';

interface Cart {
  cart: string[];
}

const keys: string = generateKeys();
const here: Sessions<Cart> = sessions<Cart>({ keys, store: memoryStore(), idle: '30m' });
const there: Sessions<Cart> = remoteSessions<Cart>({ url: 'https://sessions.example', token: 'x' });

export async function use(namespace: KVNamespaceLike): Promise<ErrorCode | undefined> {
  const { id } = await here.create({ data: { cart: [] }, user: 'ada' });
  const session: Session<Cart> | undefined = await there.read(id);
  const first: string | undefined = session?.data.cart[0];
  const store: Store = kvStore(namespace);
  const other = sessions({ keys, store });
  await other.patch(generateSessionId(), { first: first ?? null });
  try {
    // @ts-expect-error: a cart is a list.
    await here.patch(id, { cart: 1 });
  } catch (error) {
    if (isSealedSessionError(error, 'version_conflict')) return error.code;
    if (error instanceof SealedSessionError) return error.code;
  }
  return undefined;
}

using sealer = new Sealer(keys, { tenant: 'default' });
export const sealed: string = sealer.sealText({ invite: 7 }, { purpose: 'invite', ttl: '2d' });
export const bytes: Uint8Array = sealer.seal({ invite: 7 }, { purpose: 'invite', expiresAt: new Date() });

export const me = sealedCookie<{ name: string }>({ keys, name: 'me', ttl: '7d' });
export const name: string | undefined = me.read('me=1')?.name;
export const serializer = sealedSerializer<Cart>({ keys, ttl: '1d' });
// @ts-expect-error: a duration has no spaces.
sealedSerializer({ keys, ttl: '1 day' });
export const stores = [redisStore, unstorageStore];
