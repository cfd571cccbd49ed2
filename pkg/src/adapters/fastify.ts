/** `sealed` for stores of @fastify/session; the same as in 'sealed-session/express', which imports express-session. */
export { sealed } from './express/sealed.ts';
export type { SealedOptions, WrappedStore } from './express/sealed.ts';
export type { MigrateFrom } from './migration.ts';
