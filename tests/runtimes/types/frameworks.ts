// The entries whose types come from frameworks too, which are installed here.
import { MemoryStore } from 'express-session';
import { Hono } from 'hono';
import { memoryStore, sessions } from 'sealed-session';
import { SealedStore, sealed } from 'sealed-session/express';
import { sealed as sealedForFastify } from 'sealed-session/fastify';
import { sealedSession } from 'sealed-session/hono';
import { sealedDriver } from 'sealed-session/unstorage';
import memoryDriver from 'unstorage/drivers/memory';

const keys = 'ssk1_';
const all = sessions<{ visits: number }>({ keys, store: memoryStore() });

export const express = [sealed(new MemoryStore(), { keys }), new SealedStore(sessions({ keys, store: memoryStore() }))];
export const fastify = sealedForFastify(new MemoryStore(), { keys });
export const driver = sealedDriver(memoryDriver(), { keys, ttl: '1d' });
export const app = new Hono().use(sealedSession(all)).get('/', async (c) => c.text(String((await c.var.session.get())?.visits)));
