// Attribute bytes
// Attributes in few bytes, kept beside an open decision until they become a row of the training log. They are most of a user's
// record, which is written again with each of the user's events.
//
// Invariants:
//   B1. decode(encode(attributes)) equals attributes, in their order.
//   B2. What was written before the mark was there is still read: an Avro map of [null, double, string, boolean].

import { assert, itemAt } from "../../../domain/assert.ts";
import type { Attributes, AttributeValue } from "../../../domain/session/features.ts";
import { VarintReader, writeSignedVarint, writeVarint } from "../../../log/varint.ts";
import { AGGREGATES } from "./activity.ts";
import { asBuffer } from "./packed.ts";

/** An Avro map does not begin with it: its first count would be negative. */
const MARK = 1;
const KIND = { null: 0, false: 1, true: 2, whole: 3, double: 4, text: 5 } as const;
const KINDS = 8;
const WHOLE_MAX = 2 ** 30;
const NAMES_MAX = 10_000;
/** Of a length. */
const VARINT_BYTES = 8;
/** A longer name is nobody's feature; keeping it would let strangers fill the memory. */
const NAME_CHARACTERS_MAX = 64;

assert(AGGREGATES.length < 256 / KINDS, `${AGGREGATES.length} aggregates: their places do not fit into a byte`);

/** Names repeat from session to session: the bytes that an attribute begins with, its kind still 0. */
const heads = new Map<string, Buffer>(AGGREGATES.map((name, index) => [name, Buffer.from([KINDS * (index + 1)])]));
let scratch = Buffer.allocUnsafeSlow(16 * 1024);
let end = 0;

/**
 * mark (1) = 1   then, for each attribute:   kind + 8 × place (1)   name, where place is 0   value
 * place          of the name among the aggregates, from 1; 0 for all others, whose name is text
 * whole          zigzag varint      double   8 bytes, little-endian      text   length (varint), UTF-8
 */
export function encodeAttributes(attributes: Attributes): Buffer {
  scratch[0] = MARK;
  end = 1;
  for (const name in attributes) putAttribute(headOf(name), attributes[name] ?? null);
  return Buffer.from(scratch.subarray(0, end));
}

function headOf(name: string): Buffer {
  const known = heads.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const length = Buffer.alloc(VARINT_BYTES);
  const head = Buffer.concat([Buffer.from([0]), length.subarray(0, writeVarint(length, text.length, 0)), text]);
  if (heads.size < NAMES_MAX && name.length <= NAME_CHARACTERS_MAX) heads.set(name, head);
  return head;
}

function putAttribute(head: Buffer, value: AttributeValue): void {
  reserve(head.length + 8);
  const at = end;
  scratch.set(head, at);
  end += head.length;
  const kind = putValue(value);
  scratch[at] = itemAt(head, 0) + kind;
}

/** The kind. There is room for a number. */
function putValue(value: AttributeValue): number {
  switch (typeof value) {
    case "number":
      return putNumber(value);
    case "string":
      putText(value);
      return KIND.text;
    case "boolean":
      return value ? KIND.true : KIND.false;
    default:
      return KIND.null;
  }
}

function putNumber(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) < WHOLE_MAX && !Object.is(value, -0)) {
    end = writeSignedVarint(scratch, value, end);
    return KIND.whole;
  }
  end = scratch.writeDoubleLE(value, end);
  return KIND.double;
}

function putText(text: string): void {
  const length = Buffer.byteLength(text);
  reserve(length + VARINT_BYTES);
  end = writeVarint(scratch, length, end);
  end += scratch.write(text, end);
}

function reserve(bytes: number): void {
  if (end + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, end + bytes));
  scratch.copy(larger, 0, 0, end);
  scratch = larger;
}

/** What `encodeAttributes` wrote, now or before. */
export function decodeAttributes(bytes: Uint8Array): Attributes {
  const reader = new ByteReader(asBuffer(bytes), 0);
  const attributes: Record<string, AttributeValue> = {};
  if (bytes[0] !== MARK) readAvroMap(reader, attributes);
  else for (reader.at = 1; reader.at < bytes.length;) readAttribute(reader, attributes);
  assert(reader.at === bytes.length, "attribute bytes of another writer");
  return attributes;
}

function readAttribute(reader: ByteReader, into: Record<string, AttributeValue>): void {
  const head = reader.byte();
  const place = Math.floor(head / KINDS);
  const name = place === 0 ? reader.text(reader.unsigned()) : AGGREGATES[place - 1];
  assert(name !== undefined, `attribute bytes with the aggregate ${place}: of a newer writer`);
  setOwn(into, name, readValue(reader, head % KINDS));
}

function readValue(reader: ByteReader, kind: number): AttributeValue {
  switch (kind) {
    case KIND.null:
      return null;
    case KIND.false:
      return false;
    case KIND.true:
      return true;
    case KIND.whole:
      return reader.signed();
    case KIND.double:
      return reader.double();
    default:
      assert(kind === KIND.text, `attribute bytes with the kind ${kind}: of a newer writer`);
      return reader.text(reader.unsigned());
  }
}

/** As they were before the mark. */
function readAvroMap(reader: ByteReader, into: Record<string, AttributeValue>): void {
  for (let count = reader.signed(); count > 0; count = reader.signed()) {
    for (; count > 0; count -= 1) setOwn(into, reader.text(reader.signed()), readAvroValue(reader));
  }
}

function readAvroValue(reader: ByteReader): AttributeValue {
  switch (reader.signed()) {
    case 1:
      return reader.double();
    case 2:
      return reader.text(reader.signed());
    case 3:
      return reader.byte() === 1;
    default:
      return null;
  }
}

const OWN = { enumerable: true, writable: true, configurable: true } as const;

function setOwn(into: Record<string, AttributeValue>, name: string, value: AttributeValue): void {
  if (name === "__proto__") Object.defineProperty(into, name, { value, ...OWN });
  else into[name] = value;
}

class ByteReader extends VarintReader {
  byte(): number {
    this.at += 1;
    return this.bytes.readUInt8(this.at - 1);
  }

  double(): number {
    this.at += 8;
    return this.bytes.readDoubleLE(this.at - 8);
  }

  text(length: number): string {
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }
}
