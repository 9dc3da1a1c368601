// Attribute bytes: attributes as an Avro map of [null, double, string, boolean], for keeping them beside an open
// decision until they become a row of the training log. Names repeat from session to session, so their bytes are kept.

import { assert } from "../../domain/assert.ts";
import type { Attributes, AttributeValue } from "../../domain/features.ts";

const NAMES_MAX = 10_000;
/** A longer name is nobody's feature; keeping it would let strangers fill the memory. */
const NAME_CHARACTERS_MAX = 64;
const NULL = 0;
const DOUBLE = 2;
const STRING = 4;
const BOOLEAN = 6;

const names = new Map<string, Buffer>();
let scratch = Buffer.allocUnsafeSlow(16 * 1024);
let end = 0;

export function encodeAttributes(attributes: Attributes): Buffer {
  end = 0;
  let count = 0;
  for (const _ in attributes) count += 1;
  if (count > 0) {
    putVarint(count * 2);
    for (const name in attributes) {
      putBytes(nameBytes(name));
      putValue(attributes[name] ?? null);
    }
  }
  putVarint(0);
  return Buffer.from(scratch.subarray(0, end));
}

/** What `encodeAttributes` wrote. */
export function decodeAttributes(bytes: Uint8Array): Attributes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor = { at: 0 };
  const attributes: Record<string, AttributeValue> = {};
  for (let count = readVarint(buffer, cursor) / 2; count > 0; count -= 1) {
    const name = readString(buffer, cursor);
    const value = readValue(buffer, cursor);
    if (name === "__proto__") Object.defineProperty(attributes, name, { value, ...OWN });
    else attributes[name] = value;
  }
  assert(readVarint(buffer, cursor) === 0 && cursor.at === bytes.length, "attribute bytes of another writer");
  return attributes;
}

const OWN = { enumerable: true, writable: true, configurable: true } as const;

/** Length and text, as Avro writes a string. */
function nameBytes(name: string): Buffer {
  const known = names.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const length: number[] = [];
  for (let rest = text.length * 2; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) break;
  }
  const bytes = Buffer.concat([Buffer.from(length), text]);
  if (names.size < NAMES_MAX && name.length <= NAME_CHARACTERS_MAX) names.set(name, bytes);
  return bytes;
}

function putValue(value: AttributeValue): void {
  if (typeof value === "number") {
    reserve(9);
    scratch[end] = DOUBLE;
    scratch.writeDoubleLE(value, end + 1);
    end += 9;
  } else if (typeof value === "string") {
    putVarint(STRING);
    const length = Buffer.byteLength(value);
    putVarint(length * 2);
    reserve(length);
    end += scratch.write(value, end);
  } else if (typeof value === "boolean") {
    putVarint(BOOLEAN);
    putVarint(value ? 1 : 0);
  } else putVarint(NULL);
}

function putBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  scratch.set(bytes, end);
  end += bytes.length;
}

/** Of an already zigzagged, non-negative integer. */
function putVarint(value: number): void {
  reserve(8);
  let rest = value;
  while (rest >= 128) {
    scratch[end] = (rest % 128) + 128;
    end += 1;
    rest = Math.floor(rest / 128);
  }
  scratch[end] = rest;
  end += 1;
}

function reserve(bytes: number): void {
  if (end + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, end + bytes));
  scratch.copy(larger, 0, 0, end);
  scratch = larger;
}

interface Cursor {
  at: number;
}

function readVarint(buffer: Buffer, cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = buffer.readUInt8(cursor.at);
    cursor.at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 128) return value;
  }
}

function readString(buffer: Buffer, cursor: Cursor): string {
  const length = readVarint(buffer, cursor) / 2;
  const text = buffer.toString("utf8", cursor.at, cursor.at + length);
  cursor.at += length;
  return text;
}

function readValue(buffer: Buffer, cursor: Cursor): AttributeValue {
  switch (readVarint(buffer, cursor)) {
    case DOUBLE:
      cursor.at += 8;
      return buffer.readDoubleLE(cursor.at - 8);
    case STRING:
      return readString(buffer, cursor);
    case BOOLEAN:
      return readVarint(buffer, cursor) === 1;
    default:
      return null;
  }
}
