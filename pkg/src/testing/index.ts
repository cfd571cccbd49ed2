export type { StoreCase, StoreCasesOptions } from './store-cases.ts';

export { StoreContractError } from './check.ts';
export { storeCases } from './store-cases.ts';
