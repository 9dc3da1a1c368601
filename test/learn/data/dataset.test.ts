import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../../src/domain/canonical.ts";
import { columnNames, compileRowEncoder, type Attributes } from "../../../src/domain/session/features.ts";
import { openDatabase } from "../../../src/learn/data/duckdb.ts";
import { parseMapping } from "../../../src/learn/data/mapping/mapping.ts";
import { FOLDS, type Block, type Dataset } from "../../../src/learn/nouns.ts";
import { hashedRows, rowHash } from "../../../src/learn/data/row-keys.ts";
import { testOnRealLog } from "../../real-data.ts";
import { csvFile, logCsv, MAPPING, mappingOf, open, openCsv, parquetOf } from "../log-files.ts";

const CSV = logCsv(5000, 1);

/** All rows, put together. */
async function gather(dataset: Dataset, size: number): Promise<{ hash: string; n: number; sizes: number[] }> {
  const sizes: number[] = [];
  const parts: Record<string, number[]> = {};
  for await (const block of dataset.blocks(size)) {
    sizes.push(block.n);
    for (const [name, values] of Object.entries(block))
      if (ArrayBuffer.isView(values)) (parts[name] ??= []).push(...(values as Float32Array));
  }
  return { hash: sha256Hex(JSON.stringify(parts)), n: sizes.reduce((sum, n) => sum + n, 0), sizes };
}

function fingerprint(block: Block): string {
  return sha256Hex(
    JSON.stringify([block.x, block.arm, block.rewards, block.redeemed, block.cost].map((a) => [...(a ?? [])])),
  );
}

describe("a dataset", () => {
  test("gives the same rows in the same order for every block size", async () => {
    const dataset = await openCsv(CSV);
    const whole = await gather(dataset, 100_000);
    const small = await gather(dataset, 77);
    expect(small.hash).toBe(whole.hash);
    expect(whole.n).toBe(dataset.rows);
    expect(Math.max(...small.sizes)).toBe(77);
  });

  test("gives rows in file order, in blocks and in samples, from whichever of two files", async () => {
    const lines = CSV.trimEnd().split("\n");
    const numbered = (part: readonly string[], from: number): string =>
      [lines[0], ...part.map((line, at) => line.replace(/^\d+,\d+/, `0,${from + at}`))].join("\n");
    const files = [await csvFile(numbered(lines.slice(1, 3001), 0)), await csvFile(numbered(lines.slice(3001), 3000))];
    const dataset = await open(files);
    const ages = (block: Block): number[] => Array.from({ length: block.n }, (_, row) => block.x[row * dataset.width]!);
    const all: number[] = [];
    for await (const block of dataset.blocks(700)) all.push(...ages(block));
    expect(all).toEqual(Array.from({ length: 5000 }, (_, row) => row));
    const some = ages(await dataset.sample(900, 3));
    expect(some).toEqual(some.toSorted((a, b) => a - b));
  });

  test("has a test part of a fifth: with the other part it is all rows, each in one of them, whatever the seed", async () => {
    const lines = CSV.trimEnd().split("\n");
    const text = [lines[0], ...lines.slice(1).map((line, at) => line.replace(/^\d+,\d+/, `0,${at}`))].join("\n");
    const file = await csvFile(text);
    const numbersOf = async (part: "all" | "train" | "test", seed: number): Promise<number[]> => {
      const dataset = await open([file], { part, seed });
      const { n, x } = await dataset.sample(10_000, 1);
      expect(n).toBe(dataset.rows);
      expect(dataset.rowsOfArm.reduce((sum, rows) => sum + rows, 0)).toBe(n);
      return Array.from({ length: n }, (_, row) => x[row * dataset.width] ?? -1);
    };
    const [train, tested] = [await numbersOf("train", 1), await numbersOf("test", 1)];
    expect([...train, ...tested].toSorted((a, b) => a - b)).toEqual(await numbersOf("all", 1));
    expect(tested.length / 5_000).toBeCloseTo(0.2, 1);
    expect(await numbersOf("test", 2)).toEqual(tested);
  });

  test("counts a row that cannot be read in its own part only", async () => {
    const lines = CSV.trimEnd().split("\n");
    const broken = lines.map((line, at) => (at > 0 && at % 50 === 0 ? line.replace(/,[^,]*$/, ",no number") : line));
    const text = broken.join("\n");
    const refused = async (part: "all" | "train" | "test"): Promise<number> => {
      const error = await openCsv(text, MAPPING, { part }).then(() => null, String);
      return Number(/These (\d+) rows are not left out unasked/.exec(error ?? "")?.[1]);
    };
    const [train, tested] = [await refused("train"), await refused("test")];
    expect(train + tested).toBe(100);
    expect(tested).toBeGreaterThan(0);
  });

  test("deals rows to folds of about one size by the seed and the row's number, the same again", async () => {
    const file = await csvFile(CSV);
    const folds = async (dataset: Dataset): Promise<Uint8Array> => (await dataset.sample(10_000, 1)).fold;
    const [first, again, other] = [await open([file]), await open([file]), await open([file], { seed: 2 })];
    const dealt = await folds(first);
    for (let fold = 0; fold < FOLDS; fold += 1)
      expect(dealt.filter((each) => each === fold).length / dealt.length).toBeCloseTo(1 / FOLDS, 1);
    expect(await folds(again)).toEqual(dealt);
    expect(await folds(other)).not.toEqual(dealt);
  });

  test("is the same from CSV, from gzipped CSV, from Parquet and from two files with columns in another order", async () => {
    const csv = await csvFile(CSV);
    const gz = `${csv}.gz`;
    await writeFile(gz, gzipSync(await readFile(csv)));
    const lines = CSV.trimEnd().split("\n");
    const half = await csvFile(`${lines.slice(0, 2001).join("\n")}\n`);
    const turned = lines.map((line) => line.split(",").toReversed().join(","));
    const rest = await csvFile(`${[turned[0], ...turned.slice(2001)].join("\n")}\n`);
    const want = await gather(await open([csv]), 1000);
    for (const files of [[gz], [await parquetOf(csv)], [half, rest]]) {
      const dataset = await open(files);
      expect(dataset.badRows).toBe(0);
      expect((await gather(dataset, 1000)).hash).toBe(want.hash);
    }
  });

  test("writes the row that the live encoder writes", async () => {
    const dataset = await openCsv(CSV);
    const encoder = compileRowEncoder(dataset.spec);
    const lines = CSV.trimEnd().split("\n").slice(1);
    for await (const block of dataset.blocks(5000))
      for (let row = 0; row < 200; row += 1) {
        const [, age, member, city] = lines[row]!.split(",");
        const attributes: Attributes = { age: Number(age), member: member === "1", city: city! };
        const expected = new Float32Array(encoder.width);
        expect(encoder.encode(attributes, expected, 0)).toBe(0);
        expect(block.x.subarray(row * encoder.width, (row + 1) * encoder.width)).toEqual(expected);
      }
  });

  test("takes a number that single precision cannot hold for missing, live as in a log", async () => {
    const lines = CSV.trimEnd().split("\n");
    lines[1] = (lines[1] ?? "").replace(/^(\d+),\d+,/, "$1,1e300,");
    const dataset = await openCsv(lines.join("\n"));
    expect([dataset.rows, dataset.badRows]).toEqual([5000, 0]);
    const encoder = compileRowEncoder(dataset.spec);
    const rows = new Float32Array(2 * encoder.width);
    expect(encoder.encode({ age: 1e300, member: true, city: "Rome" }, rows, 0)).toBe(1);
    expect(encoder.encode({ member: true, city: "Rome" }, rows, encoder.width)).toBe(1);
    expect(rows.subarray(0, encoder.width)).toEqual(rows.subarray(encoder.width));
  });

  test("keeps the most frequent categories, in their published order", async () => {
    const mapping = MAPPING.replace("city: categorical", "city: { kind: categorical, maxCategories: 2 }");
    const dataset = await openCsv(CSV, mapping);
    expect(columnNames(dataset.spec)).toEqual(["age", "member", "city=Rome", "city=Lyon"]);
    expect(dataset.warnings.join("\n")).toMatch(
      /column city: 4 categories, the 2 most frequent are kept and \d+ rows have none/,
    );
  });

  test("makes missing values a category, or the median", async () => {
    const csv = CSV.split("\n")
      .map((line, i) => (i % 10 === 5 ? line.replace(/^(\d+),\d+,(\d),\w+/, "$1,,$2,") : line))
      .join("\n");
    const dataset = await openCsv(csv);
    const [age, , city] = dataset.spec.features;
    expect(age?.kind === "numeric" && Math.abs(age.default - 47) < 3).toBe(true);
    expect(city?.default).toBe("(missing)");
    expect(columnNames(dataset.spec)).toContain("city=(missing)");
    expect(dataset.badRows).toBe(0);
    expect(dataset.warnings.join("\n")).toContain("column age: missing in 500 rows");
  });

  test("costs the send cost always and the face value where it was redeemed", async () => {
    const dataset = await openCsv(CSV);
    for await (const block of dataset.blocks(1000))
      block.arm.forEach((arm, row) => {
        const redeemed = block.redeemed![row] === 1;
        expect(block.cost[row]).toBe((arm === 0 ? 0 : 5) + (redeemed ? [0, 100, 200][arm]! : 0));
      });
  });

  test("samples by the seed: the same rows again, in file order, all of them when there are few", async () => {
    const dataset = await openCsv(CSV);
    const sample = await dataset.sample(500, 9);
    expect(sample.n).toBe(500);
    expect(fingerprint(await dataset.sample(500, 9))).toBe(fingerprint(sample));
    expect(fingerprint(await dataset.sample(500, 8))).not.toBe(fingerprint(sample));
    const all = await dataset.sample(1_000_000, 9);
    expect(all.n).toBe(dataset.rows);
  });
});

test("a row's hash is the same in SQL and in TypeScript", async () => {
  const db = await openDatabase({});
  try {
    await db.run("CREATE TABLE t AS SELECT 1 AS a FROM range(1000)");
    const rows = await db.rows(`SELECT row, one, two FROM ${hashedRows("t", { one: 12345, two: 4_000_000_000 })}`);
    for (const [row, one, two] of rows) {
      expect(Number(one)).toBe(rowHash(Number(row), 12345));
      expect(Number(two)).toBe(rowHash(Number(row), 4_000_000_000));
    }
  } finally {
    await db.close();
  }
});

describe("the real randomised logs open with their examples", () => {
  const LOGS = [
    { name: "hillstrom", rows: 64_000, arms: 3 },
    { name: "penn_bonus", rows: 13_913, arms: 7 },
    { name: "social_mail", rows: 305_866, arms: 4 },
    { name: "thornton_incentive", rows: 2834, arms: 5 },
  ] as const;
  for (const { name, rows, arms } of LOGS)
    testOnRealLog(name, name, async (file) => {
      const dataset = await open([file], { mapping: parseMapping(await example(name), name) });
      expect({ rows: dataset.rows, bad: dataset.badRows, arms: dataset.arms.length }).toEqual({ rows, bad: 0, arms });
    });
});

testOnRealLog("hillstrom", "hillstrom's visits are those of the published tables", async (file) => {
  const dataset = await open([file], { mapping: mappingOf(await example("hillstrom")) });
  const visits = [0, 0, 0];
  const rows = [0, 0, 0];
  for await (const block of dataset.blocks(8192))
    block.arm.forEach((arm, row) => {
      rows[arm]! += 1;
      visits[arm]! += block.rewards[row]!;
    });
  expect(rows).toEqual([21_306, 21_307, 21_387]);
  expect(visits.map((count, arm) => (count / rows[arm]!).toFixed(4))).toEqual(["0.1062", "0.1828", "0.1514"]);
});

async function example(name: string): Promise<string> {
  return await readFile(join(import.meta.dirname, "../../../examples", `${name}.yaml`), "utf8");
}
