// How commands and steps cross to the kernel: fields in order, as bytes. Its other end is src/wasm/wire.rs, and both ship
// together. Texts and bytes have their length before them in four bytes, lists their count, optional fields a byte 0 or 1;
// numbers are big-endian.
import { SealedSessionError } from '../errors.ts';

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

/** Appends fields to a buffer that grows. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  u8(number: number): this {
    this.#room(1);
    this.#bytes[this.#length++] = number;
    return this;
  }

  u32(number: number): this {
    this.#room(4);
    this.#view.setUint32(this.#length, number);
    this.#length += 4;
    return this;
  }

  flag(flag: boolean): this {
    return this.u8(flag ? 1 : 0);
  }

  bytes(bytes: Uint8Array): this {
    this.u32(bytes.length).#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  text(text: string): this {
    // A UTF-16 unit takes three bytes at the most.
    this.#room(4 + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length + 4));
    this.u32(written);
    this.#length += written;
    return this;
  }

  optional<T>(value: T | undefined, field: (writer: this, value: T) => unknown): this {
    this.flag(value !== undefined);
    if (value !== undefined) field(this, value);
    return this;
  }

  list<T>(items: readonly T[], field: (writer: this, item: T) => unknown): this {
    this.u32(items.length);
    for (const item of items) field(this, item);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Takes fields off the front of what the kernel wrote. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  u32(): number {
    const number = this.#view.getUint32(this.#at);
    this.#at += 4;
    return number;
  }

  /** Times in milliseconds, far below 2^53. */
  u64(): number {
    return this.u32() * 2 ** 32 + this.u32();
  }

  flag(): boolean {
    return this.u8() === 1;
  }

  /** A view: the kernel's bytes are ours alone. */
  bytes(): Uint8Array {
    const length = this.u32();
    if (this.#at + length > this.#bytes.length) throw new SealedSessionError('internal_error');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return decoder.decode(this.bytes());
  }

  optional<T>(field: (reader: this) => T): T | undefined {
    return this.flag() ? field(this) : undefined;
  }

  list<T>(field: (reader: this) => T): T[] {
    return Array.from({ length: this.u32() }, () => field(this));
  }
}
