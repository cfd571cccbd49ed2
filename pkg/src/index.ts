export type * from './types.ts';
export type { Batch, Change, Condition, Page, Promises, Store, StoreCall } from './store.ts';
export type { ErrorCode } from './errors.ts';
export type { Life, Scope } from './sealer.ts';
export type { RemoteOptions } from './remote/transport.ts';
export type { SessionsOptions } from './sessions.ts';
export type { KVNamespaceLike, KvOptions } from './stores/kv.ts';
export type { StorageLike, SweepableStore, UnstorageOptions } from './stores/unstorage.ts';

export { isSealedSessionError, SealedSessionError } from './errors.ts';
export { generateKeys, generateSessionId } from './keys.ts';
export { Sealer } from './sealer.ts';
export { remoteSessions } from './remote/sessions.ts';
export { sessions } from './sessions.ts';
export { holds } from './store.ts';
export { kvStore } from './stores/kv.ts';
export { memoryStore } from './stores/memory.ts';
export { unstorageStore } from './stores/unstorage.ts';
