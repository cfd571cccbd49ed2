export type { SealedOptions } from './sealed.ts';
export type { SealedStoreOptions } from './sealed-store.ts';
export type { KoaStore, StoreOptions } from './store.ts';

export { sealed } from './sealed.ts';
export { SealedStore } from './sealed-store.ts';
