// Commands, as the kernel reads them (src/wasm/call.rs).
import { optionalSeconds, seconds } from '../duration.ts';
import { SealedSessionError } from '../errors.ts';
import * as json from '../json.ts';
import type { CreateOptions, RegenerateOptions, WriteOptions } from '../types.ts';
import { Writer } from './wire.ts';

export function create(options: CreateOptions<unknown>): Writer {
  const { id, data = {}, user, label, idle, absolute } = options;
  return new Writer()
    .u8(CREATE)
    .optional(id, text)
    .bytes(payload(data))
    .optional(user, text)
    .optional(label, text)
    .optional(optionalSeconds(idle, 'idle'), number)
    .optional(optionalSeconds(absolute, 'absolute'), number);
}

export function end(id: string): Writer {
  return new Writer().u8(END).text(id);
}

export function read(id: string, strict: boolean): Writer {
  return new Writer().u8(READ).text(id).flag(strict);
}

export function regenerate(id: string, { grace = 0, user, data }: RegenerateOptions<unknown>): Writer {
  const writer = new Writer().u8(REGENERATE).text(id).u32(seconds(grace, 'grace')).optional(user, text);
  return writer.optional(data === undefined ? undefined : payload(data), (writer, data) => writer.bytes(data));
}

export function replace(id: string, data: unknown, options: WriteOptions): Writer {
  return write(id, REPLACE, data, options);
}

export function patch(id: string, data: unknown, options: WriteOptions): Writer {
  return write(id, MERGE, data, options);
}

export function list(user: string, limit: number, cursor: string | undefined): Writer {
  return page(LIST, user, limit, cursor);
}

export function exportUser(user: string, limit: number, cursor: string | undefined): Writer {
  return page(EXPORT, user, limit, cursor);
}

export function revokeOne(user: string, handle: string): Writer {
  return new Writer().u8(REVOKE_ONE).text(user).text(handle);
}

export function revokeAll(user: string, spared: string | undefined, cursor: string | undefined): Writer {
  return new Writer().u8(REVOKE_ALL).text(user).optional(spared, text).optional(cursor, text);
}

/** JSON that the format carries, before it is copied anywhere; the deployment's own limit is the rules'. */
function payload(data: unknown): Uint8Array {
  const bytes = json.encode(data);
  if (bytes.length > MAX_DATA) throw new SealedSessionError('data_too_large');
  return bytes;
}

function write(id: string, kind: number, data: unknown, { version, user, label, idle }: WriteOptions): Writer {
  return new Writer()
    .u8(WRITE)
    .text(id)
    .optional(version, text)
    .u8(kind)
    .bytes(payload(data))
    .optional(user, nullable)
    .optional(label, nullable)
    .optional(optionalSeconds(idle, 'idle'), number);
}

function page(kind: number, user: string, limit: number, cursor: string | undefined): Writer {
  return new Writer().u8(kind).text(user).optional(cursor, text).u32(limit);
}

const text = (writer: Writer, value: string) => writer.text(value);
const number = (writer: Writer, value: number) => writer.u32(value);
const nullable = (writer: Writer, value: string | null) => writer.optional(value ?? undefined, text);

/** Bytes: docs/FORMAT.md, "Limits". */
const MAX_DATA = 1024 * 1024;

const CREATE = 1;
const END = 2;
const EXPORT = 3;
const LIST = 4;
const READ = 5;
const REGENERATE = 6;
const REVOKE_ALL = 7;
const REVOKE_ONE = 8;
const WRITE = 9;

const MERGE = 1;
const REPLACE = 2;
