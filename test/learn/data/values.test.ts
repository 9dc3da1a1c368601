// Values of arms, flags and categories are compared, and numbers are read, in one way: what a training calls a category,
// serving calls the same.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileRowEncoder, type AttributeValue } from "../../../src/domain/session/features.ts";
import { numberOf, truthOf, valueKey } from "../../../src/domain/reading/values.ts";
import { openDatabase, type SqlValue, type Database } from "../../../src/learn/data/duckdb.ts";
import { literal } from "../../../src/learn/data/sql.ts";
import { numberSql, truthSql, withKeys } from "../../../src/learn/data/values-sql.ts";
import { csvFile, logCsv, MAPPING, mappingOf, open, parquetOf } from "../log-files.ts";

let db: Database;
beforeAll(async () => {
  db = await openDatabase({});
});
afterAll(async () => await db.close());

const COLUMN = { raw: "v", text: "t", key: "k" } as const;

/** Key, flag and number as the database reads the values of a column of the type. */
async function bySql(type: string, values: readonly string[]): Promise<SqlValue[][]> {
  const list = values.map((value, index) => `(${index}, CAST(${value} AS ${type}))`).join(", ");
  const keyed = withKeys(`SELECT * FROM (VALUES ${list}) AS source(i, v)`, [COLUMN]);
  const rows = await db.rows(`SELECT k, ${truthSql(COLUMN)}, ${numberSql(COLUMN)} FROM (${keyed}) ORDER BY i`);
  return rows.map(([key = null, truth = null, number = null]) => [
    key,
    truth,
    isFloat(number) ? Number(number) + 0 : null,
  ]);
}

const isFloat = (number: SqlValue): boolean => number !== null && Number.isFinite(Math.fround(Number(number)));

/** The same as serving reads them. */
function byServing(values: readonly AttributeValue[]): SqlValue[][] {
  return values.map((value) => {
    const truth = truthOf(value);
    const number = numberOf(value);
    return [valueKey(value), truth === null ? null : Number(truth), number === null ? null : number + 0];
  });
}

const PARTS = ["0", "1", "7", "00", ".", "-", "+", "e", "E", "_", " ", "\t", "\u00a0", "\u2003", ",", "\0", "'", "é"];
const WORDS = ["true", "FALSE", "Yes", "n", "T", "NA", "null", "nan", "inf", "x", "1.0", "007", "1e3"];
const text = fc.oneof(
  fc.array(fc.constantFrom(...PARTS, ...WORDS), { maxLength: 5 }).map((parts) => parts.join("")),
  fc.string({ maxLength: 6 }),
);
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e6, max: 1e6 }).map((whole) => whole / 100),
  fc.maxSafeInteger(),
);
const PROPERTY = { numRuns: 40, seed: 13 } as const;

describe("SQL and TypeScript read alike", () => {
  test("texts", async () => {
    const many = fc.array(text, { minLength: 100, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(many, async (values) => {
        expect(await bySql("VARCHAR", values.map(literal))).toEqual(byServing(values));
      }),
      PROPERTY,
    );
  });

  test("doubles", async () => {
    const many = fc.array(double, { minLength: 100, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(many, async (values) => {
        expect(
          await bySql(
            "DOUBLE",
            values.map((value) => `'${value}'`),
          ),
        ).toEqual(byServing(values));
      }),
      PROPERTY,
    );
  });
});

test.each([
  { type: "VARCHAR", one: "' 1.00 '" },
  { type: "VARCHAR", one: "'True'" },
  { type: "BOOLEAN", one: "true" },
  { type: "DECIMAL(10, 2)", one: "1" },
  { type: "DECIMAL(38, 0)", one: "1" },
  { type: "DOUBLE", one: "1" },
  { type: "FLOAT", one: "1" },
  { type: "UTINYINT", one: "1" },
  { type: "HUGEINT", one: "1" },
])("one as $type $one is 1, as a key, a flag and a number", async ({ type, one }) => {
  expect(await bySql(type, [one])).toEqual([["1", 1, 1]]);
});

test("long ids stay apart, and what is written with a leading zero is text", async () => {
  const ids = ["9007199254740993", "9007199254740992", "007"];
  expect((await bySql("VARCHAR", ids.map(literal))).map(([key]) => key)).toEqual(ids);
  expect((await bySql("BIGINT", ids.slice(0, 2))).map(([key]) => key)).toEqual(ids.slice(0, 2));
  expect(valueKey(7)).not.toBe(valueKey("007"));
});

const CITIES: readonly AttributeValue[] = ["NA", "D\0E", "007", 7, 2.5, true, " Graz ", "null", "9007199254740993"];

test("what a training calls a category serving calls the same: NA, a NUL byte, numbers and flags among them", async () => {
  const lines = logCsv(3000, 4).trimEnd().split("\n");
  const csv = lines.map((line, i) => line.replace(/Rome|Lyon|Graz|Oslo/, () => String(CITIES[i % CITIES.length])));
  const file = await csvFile(csv.join("\n"));
  const mapping = mappingOf(MAPPING.replace("  age: numeric\n  member: boolean\n", ""));
  const dataset = await open([file], { mapping });
  const encoder = compileRowEncoder(dataset.spec);
  const { x } = await dataset.sample(3000, 1);
  const want = new Float32Array(encoder.width);
  for (let row = 0; row < 3000; row += 1) {
    expect(encoder.encode({ city: CITIES[(row + 1) % CITIES.length] ?? null }, want, 0)).toBe(0);
    expect(x.subarray(row * encoder.width, (row + 1) * encoder.width)).toEqual(want);
    expect(want.reduce((sum, value) => sum + value, 0)).toBe(1);
  }
});

test("an empty text is no value: in a CSV, in Parquet and in a session", async () => {
  const csv = logCsv(1000, 5).replaceAll("Rome", "");
  const file = await csvFile(csv);
  const mapping = mappingOf(MAPPING.replace("  age: numeric\n  member: boolean\n", ""));
  const spec = (await open([file], { mapping })).spec;
  expect((await open([await parquetOf(file)], { mapping })).spec).toEqual(spec);
  const encoder = compileRowEncoder(spec);
  const [missing, empty, blank] = [null, "", "  "].map((city) => {
    const row = new Float32Array(encoder.width);
    expect(encoder.encode({ city }, row, 0)).toBe(1);
    return [...row];
  });
  expect([empty, blank]).toEqual([missing, missing]);
});

test("serving reads a number and a flag as a log does, whatever type they come in", () => {
  const encoder = compileRowEncoder({
    features: [
      { name: "age", kind: "numeric", default: -1 },
      { name: "member", kind: "boolean", default: false },
    ],
  });
  const row = new Float32Array(2);
  const read = (age: AttributeValue, member: AttributeValue): number[] => {
    const missing = encoder.encode({ age, member }, row, 0);
    return [...row, missing];
  };
  expect(read(7, true)).toEqual([7, 1, 0]);
  expect(read(" 7.0 ", "Yes")).toEqual([7, 1, 0]);
  expect(read(true, 1)).toEqual([1, 1, 0]);
  expect(read("seven", "maybe")).toEqual([-1, 0, 2]);
  expect(read("1_000", Number.NaN)).toEqual([-1, 0, 2]);
  expect(read(1e300, null)).toEqual([-1, 0, 2]);
});
