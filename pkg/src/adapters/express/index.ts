export { sealed } from './sealed.ts';
export { SealedStore } from './sealed-store.ts';
export type { SealedOptions, WrappedStore } from './sealed.ts';
export type { SealedStoreOptions } from './sealed-store.ts';
export type { MigrateFrom } from '../migration.ts';
