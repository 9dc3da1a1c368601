// What a user's record keeps of attributes: read back as it was, in few bytes, and what was written before is still read.

import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeAttributes, encodeAttributes } from "../../../src/serve/state/user/attribute-bytes.ts";
import { AGGREGATES, aggregatesOf, NO_ACTIVITY } from "../../../src/serve/state/user/activity.ts";

const name = fc.oneof(fc.constantFrom(...AGGREGATES), fc.string({ unit: "grapheme" }), fc.constant("__proto__"));
const value = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.string({ unit: "grapheme" }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.constantFrom(2 ** 30, 2 ** 30 - 1, -(2 ** 30), -0, 0.1),
);

test("attributes come back as they were, in their order", () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (attributes) => {
      const back = decodeAttributes(encodeAttributes(attributes));
      expect(Object.entries(back)).toStrictEqual(Object.entries(attributes));
    }),
  );
});

test("attributes larger than any before come back as they were", () => {
  const attributes = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`name ${i}`, "é".repeat(i % 200)]));
  expect(decodeAttributes(encodeAttributes(attributes))).toStrictEqual(attributes);
});

test("what was kept as an Avro map, before the mark, is still read", () => {
  expect(decodeAttributes(Buffer.from("00", "hex"))).toStrictEqual({});
  const before =
    "0c" +
    ("0261" + "00") +
    ("0262" + "02" + "000000000000c03f") +
    ("0263" + "04" + "06c3a978") +
    ("0264" + "06" + "01") +
    ("046464" + "06" + "00") +
    ("026e" + "02" + "00000000000008c0") +
    "00";
  const attributes = { a: null, b: 0.125, c: "éx", d: true, dd: false, n: -3 };
  expect(decodeAttributes(Buffer.from(before, "hex"))).toStrictEqual(attributes);
});

test("the bytes of an attribute stay what they are: records of years refer to them", () => {
  const attributes = {
    orders_decayed: 1.5,
    sessions_1d: 0,
    days_since_last_order: 60,
    tier: "gold",
    vip: true,
    x: null,
  };
  expect(encodeAttributes(attributes).toString("hex")).toBe(
    "01" +
      ("6c" + "000000000000f83f") +
      ("0b" + "00") +
      ("5b" + "78") +
      ("05" + "0474696572" + "04676f6c64") +
      ("02" + "03766970") +
      ("00" + "0178"),
  );
});

test("the aggregates of a user who is new take less than three bytes each", () => {
  expect(encodeAttributes(aggregatesOf(NO_ACTIVITY, 1)).length).toBeLessThan(3 * AGGREGATES.length);
});

test("bytes of a newer writer are refused, not misread", () => {
  expect(() => decodeAttributes(Buffer.from("01ff", "hex"))).toThrow("newer writer");
  expect(() => decodeAttributes(Buffer.from("010e", "hex"))).toThrow("newer writer");
});
