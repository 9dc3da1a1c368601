// A Parquet file's columns are read as they are, or refused by name and type with what to write instead.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { csvFile, figuresOf, logCsv, MAPPING, mappingOf, open, temporaryFolder } from "../log-files.ts";

const ROWS = 600;
const CSV = logCsv(ROWS, 3).replaceAll("Rome", "Zürich");

/** The log with other columns, as SQL over its own; then with bytes of the file exchanged for as many others. */
async function parquetWith(columns: string, bytes: readonly (readonly [string, string])[] = []): Promise<string> {
  const file = join(await temporaryFolder(), "log.parquet");
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(`COPY (SELECT ${columns} FROM read_csv('${await csvFile(CSV)}')) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  let written = (await readFile(file)).toString("latin1");
  for (const [from, to] of bytes) {
    expect(written).toContain(from);
    written = written.replaceAll(from, to);
  }
  await writeFile(file, Buffer.from(written, "latin1"));
  return file;
}

test("texts that are written as bytes are texts", async () => {
  const file = await parquetWith("* REPLACE (encode(city) AS city, encode(offer) AS offer)");
  const { n, orders, cities } = await figuresOf([file]);
  expect({ n, orders, cities }).toEqual({ ...(await figuresOf([await csvFile(CSV)])), sources: undefined });
  expect(cities).toContain("Zürich");
});

test("bytes that are no UTF-8 are refused with the row", async () => {
  const file = await parquetWith(
    "* REPLACE (CASE WHEN \"user\" = 41 THEN '\\xFC'::BLOB ELSE encode(city) END AS city)",
  );
  await expect(open([file])).rejects.toThrow("column city: the bytes in row 42 are no UTF-8");
});

test("names that differ in case alone are two columns", async () => {
  const file = await parquetWith('7 AS "AGX", *, 8 AS age_1', [["AGX", "AGE"]]);
  const mapping = MAPPING.replace("  age: numeric", "  age: numeric\n  AGE: numeric\n  age_1: numeric");
  const { spec } = await open([file], { mapping: mappingOf(mapping) });
  const plain = await open([await csvFile(CSV)]);
  const defaultOf = (of: typeof spec, name: string) => of.features.find((feature) => feature.name === name)?.default;
  expect(defaultOf(spec, "age")).toBe(defaultOf(plain.spec, "age"));
  expect([defaultOf(spec, "AGE"), defaultOf(spec, "age_1")]).toEqual([7, 8]);
});

test("a name that two columns have is refused where it is needed, and only there", async () => {
  const file = await parquetWith('*, 7 AS "agx"', [["agx", "age"]]);
  await expect(open([file])).rejects.toThrow("two columns are called age");
  expect((await open([await parquetWith('*, 7 AS "usex"', [["usex", "user"]])])).rows).toBe(ROWS);
});

test.each([
  { what: "a struct", city: "{ name: city }", told: 'column city is STRUCT("name" VARCHAR), several values in a row' },
  { what: "a list", city: "[city]", told: "column city is VARCHAR[], several values in a row" },
])("$what is refused: no session could have its value", async ({ city, told }) => {
  await expect(open([await parquetWith(`* REPLACE (${city} AS city)`)])).rejects.toThrow(told);
});

test("a DECIMAL of more digits than the database can hold is refused, for it reads other numbers", async () => {
  // Its number of digits as Thrift writes it: 38, and 40.
  const file = await parquetWith("* REPLACE (age::DECIMAL(38, 0) AS age)", [["\u0015\u004c", "\u0015\u0050"]]);
  await expect(open([file])).rejects.toThrow("column age is a DECIMAL of 40 digits, and 38 can be read");
});
