// Bytes: Kafka's primitive types, written and read. Offsets, ids and times are 64 bits on the wire and safe integers
// here; what is larger is refused.

import { assert } from "../../../domain/assert.ts";
import { varintSize, VarintReader, writeVarint } from "../../varint.ts";

const TWO_32 = 2 ** 32;

export class ProtocolWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(size = 256) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  i8(value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at);
    return this;
  }

  i16(value: number): this {
    this.#at = this.#room(2).writeInt16BE(value, this.#at);
    return this;
  }

  i32(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
    return this;
  }

  i64(value: number): this {
    writeInt64(this.#room(8), value, this.#at);
    this.#at += 8;
    return this;
  }

  boolean(value: boolean): this {
    return this.i8(value ? 1 : 0);
  }

  text(value: string | null): this {
    if (value === null) return this.i16(-1);
    const length = Buffer.byteLength(value);
    this.i16(length);
    this.#room(length).write(value, this.#at);
    this.#at += length;
    return this;
  }

  blob(value: Uint8Array): this {
    this.i32(value.length);
    this.#room(value.length).set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  array<T>(values: readonly T[] | null, write: (value: T) => void): this {
    this.i32(values === null ? -1 : values.length);
    for (const value of values ?? []) write(value);
    return this;
  }

  /** As the compact encoding has lengths: one more than it is, seven bits a byte. */
  compactArray<T>(values: readonly T[], write: (value: T) => void): this {
    this.#length(values.length);
    for (const value of values) write(value);
    return this;
  }

  compactText(value: string): this {
    const length = Buffer.byteLength(value);
    this.#length(length);
    this.#room(length).write(value, this.#at);
    this.#at += length;
    return this;
  }

  /** Where a structure of the compact encoding could have tagged fields: none. */
  noTags(): this {
    return this.i8(0);
  }

  #length(length: number): void {
    this.#at = writeVarint(this.#room(varintSize(length + 1)), length + 1, this.#at);
  }

  #room(length: number): Buffer {
    const needed = this.#at + length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#at);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}

export class ProtocolReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  i8(): number {
    return this.#bytes.readInt8(this.#move(1));
  }

  i16(): number {
    return this.#bytes.readInt16BE(this.#move(2));
  }

  i32(): number {
    return this.#bytes.readInt32BE(this.#move(4));
  }

  i64(): number {
    return readInt64(this.#bytes, this.#move(8));
  }

  boolean(): boolean {
    return this.i8() !== 0;
  }

  text(): string | null {
    const length = this.i16();
    if (length < 0) return null;
    const at = this.#move(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  /** A view, not a copy; null when there is none. */
  blob(): Buffer | null {
    const length = this.i32();
    if (length < 0) return null;
    const at = this.#move(length);
    return this.#bytes.subarray(at, at + length);
  }

  array<T>(read: () => T): T[] {
    const length = this.i32();
    const values: T[] = [];
    for (let i = 0; i < length; i += 1) values.push(read());
    return values;
  }

  compactArray<T>(read: () => T): T[] {
    const length = this.#unsigned() - 1;
    const values: T[] = [];
    for (let i = 0; i < length; i += 1) values.push(read());
    return values;
  }

  compactText(): string | null {
    const length = this.#unsigned() - 1;
    if (length < 0) return null;
    const at = this.#move(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  /** Tagged fields that a newer broker may add. */
  skipTags(): void {
    for (let count = this.#unsigned(); count > 0; count -= 1) {
      this.#unsigned();
      this.#move(this.#unsigned());
    }
  }

  #unsigned(): number {
    const reader = new VarintReader(this.#bytes, this.#at);
    const value = reader.unsigned();
    this.#move(reader.at - this.#at);
    return value;
  }

  #move(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new RangeError(`a message of the broker ends within a value`);
    this.#at = at + length;
    return at;
  }
}

export function writeInt64(into: Buffer, value: number, at: number): void {
  assert(Number.isSafeInteger(value), `${value} is not a safe integer`);
  const high = Math.floor(value / TWO_32);
  into.writeInt32BE(high, at);
  into.writeUInt32BE(value - high * TWO_32, at + 4);
}

export function readInt64(from: Buffer, at: number): number {
  const value = from.readInt32BE(at) * TWO_32 + from.readUInt32BE(at + 4);
  assert(Number.isSafeInteger(value), `a 64-bit value of the broker is beyond the safe integers`);
  return value;
}
