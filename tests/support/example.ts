import { node, Server } from './server.ts'

/** Starts an app of examples/ as its header says: `file` is its path in there. */
export const startExample = async (file: string, env: Record<string, string>): Promise<Server> => Server.start(node(`examples/${file}`), env)
