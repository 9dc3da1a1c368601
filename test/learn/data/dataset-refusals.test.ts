// What a log must be to be learned from: each refusal names the column and the count.
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { type Dataset } from "../../../src/learn/nouns.ts";
import { csvFile, logCsv, MAPPING, open, openCsv } from "../log-files.ts";

const CSV = logCsv(5000, 1);

describe("rows that cannot be used", () => {
  const broken = (line: (fields: string[]) => string): string =>
    CSV.split("\n")
      .map((text, i) => (i > 0 && i % 100 === 0 ? line(text.split(",")) : text))
      .join("\n");
  const set =
    (at: number, value: string) =>
    (fields: string[]): string =>
      fields.with(at, value).join(",");

  test.each([
    {
      what: "an arm that the mapping does not name",
      csv: broken(set(4, "huge")),
      told: 'column offer: 50 rows have an arm that the mapping does not name: "huge" in line 101',
    },
    {
      what: "a reward that is no 0 or 1",
      csv: broken(set(5, "2")),
      told: 'column ordered: 50 rows have neither 0 nor 1 as a binary reward: "2" in line 101, "2" in line 201',
    },
    {
      what: "a redemption that is no 0 or 1",
      csv: broken(set(6, "x")),
      told: 'column redeemed: 50 rows have neither 0 nor 1: "x" in line 101',
    },
    {
      what: "a line with too many fields",
      csv: broken((f) => [...f, "more"].join(",")),
      told: "50 lines are no rows of the table: line 101 (8 fields in place of 7)",
    },
    {
      what: "a line of delimiters alone, as spreadsheets write below a table",
      csv: broken(() => ",,,,,,"),
      told: "50 lines are no rows of the table: line 101 (every field is empty)",
    },
  ])("$what: refused, or left out and told where so many are allowed", async ({ csv, told }) => {
    await expect(openCsv(csv)).rejects.toThrow(told);
    await expect(openCsv(csv, MAPPING, { allowBadRows: 49 })).rejects.toThrow("more than --allow-bad-rows 49");
    const dataset = await openCsv(csv, MAPPING, { allowBadRows: 50 });
    expect([dataset.rows, dataset.badRows]).toEqual([4950, 50]);
    expect(dataset.warnings.join("\n")).toContain(told);
  });

  test("a bad row does not move another row to another fold", async () => {
    const good = await openCsv(CSV);
    const bad = await openCsv(broken(set(4, "huge")), MAPPING, { allowBadRows: 50 });
    const rows = async (dataset: Dataset): Promise<Set<string>> => {
      const found = new Set<string>();
      for await (const block of dataset.blocks(10_000))
        for (let row = 0; row < block.n; row += 1)
          if (block.fold[row] === 0) found.add(block.x.subarray(row * good.width, (row + 1) * good.width).join());
      return found;
    };
    const before = await rows(good);
    for (const row of await rows(bad)) expect(before.has(row)).toBe(true);
  });

  test("rows of another experiment's arm are left out where the mapping says so", async () => {
    const dataset = await openCsv(
      broken(set(4, "huge")),
      MAPPING.replace("ordered: true", "ordered: true\n  others: leave-out"),
    );
    expect([dataset.rows, dataset.badRows]).toEqual([4950, 0]);
    expect(dataset.warnings.join("\n")).toContain("left out, as arm.others says");
  });

  test.each([
    { what: "no number", csv: broken(set(1, "old")), told: "column age: 50 of 5000 values are no numbers" },
    { what: "no boolean", csv: broken(set(2, "maybe")), told: "column member: 50 of 5000 values are neither 0 nor 1" },
  ])(
    "a feature that is $what takes its default, and is told when it is more than one in a hundred",
    async ({ csv, told }) => {
      const few = await openCsv(csv);
      expect([few.rows, few.warnings.join()]).toEqual([5000, expect.not.stringContaining(told)]);
      const more = await openCsv(csv.replace(/^(\d+),\d+,\d,/m, (_, user: string) => `${user},old,maybe,`));
      expect(more.warnings.join("\n")).toContain(told.replace("50", "51"));
    },
  );
});

test("a gzipped log that was cut short is refused, for nobody would see what is missing", async () => {
  const file = `${await csvFile(CSV)}.gz`;
  await writeFile(file, gzipSync(CSV).subarray(0, 20_000));
  await expect(open([file])).rejects.toThrow(`data: cannot read ${file}: unexpected end of file`);
});

describe("a log is refused, with column and count, for", () => {
  const withColumn = (name: string, value: (fields: string[]) => string): string =>
    CSV.trimEnd()
      .split("\n")
      .map((line, i) => `${line},${i === 0 ? name : value(line.split(","))}`)
      .join("\n");

  const cases: readonly {
    readonly what: string;
    readonly csv: string;
    readonly mapping: string;
    readonly told: string;
  }[] = [
    {
      what: "dates as a number",
      csv: withColumn("since", () => "2024-01-31"),
      mapping: MAPPING.replace("age: numeric", "since: numeric"),
      told: 'column since: none of 5000 values is a number: "2024-01-31" in line 2',
    },
    {
      what: "a flag in other words",
      csv: withColumn("news", (fields) => (fields[2] === "1" ? "on" : "")),
      mapping: MAPPING.replace("age: numeric", "news: boolean"),
      told: "values is 0 or 1, true or false, yes or no",
    },
    {
      what: "an unknown column",
      csv: CSV,
      mapping: MAPPING.replace("age: numeric", "ages: numeric"),
      told: "features.ages: no column ages in the data",
    },
    {
      what: "an arm that never occurs",
      csv: CSV.replaceAll("large", "small"),
      mapping: MAPPING,
      told: "column offer: the arm large never occurs in",
    },
    {
      what: "a reward that nobody has",
      csv: CSV.replaceAll(/,\d,\d$/gm, ",0,0"),
      mapping: MAPPING,
      told: "no row has any reward",
    },
    {
      what: "a propensity outside (0, 1)",
      csv: withColumn("p", (fields) => (fields[0] === "7" ? "1.0" : "0.3")),
      mapping: `${MAPPING.replaceAll(/,? ?propensity: [\d.]+/g, "")}propensity: { column: p }\n`,
      told: 'column p: 1 row has a propensity outside (0, 1): "1.0" in line 9',
    },
    {
      what: "a negative cost",
      csv: withColumn("paid", (fields) => (Number(fields[0]) < 3 ? "-2" : "1")),
      mapping: `${MAPPING.replace(/^redeemed.*$/m, "")}cost: { column: paid }\n`,
      told: 'column paid: 3 rows have a negative cost: "-2" in line 2',
    },
    {
      what: "a feature that is the reward in other words",
      csv: withColumn("items", (fields) => (fields[5] === "1" ? "3" : "0")),
      mapping: MAPPING.replace("age: numeric", "age: numeric\n  items: numeric"),
      told: "column items: tells the reward ordered almost perfectly (AUC 1.000 on 5000 rows)",
    },
    {
      what: "a feature that is the arm in other words",
      csv: withColumn("letter", (fields) => fields[4]!.toUpperCase()),
      mapping: MAPPING.replace("age: numeric", "age: numeric\n  letter: categorical"),
      told: "column letter: tells the arm none almost perfectly",
    },
    {
      what: "a mapping of another log",
      csv: CSV.replaceAll(/none|small|large/g, "x"),
      mapping: MAPPING,
      told: "the mapping does not fit the data",
    },
  ];

  test.each(cases)("$what", async ({ csv, mapping, told }) => {
    const opened = openCsv(csv, mapping);
    await expect(opened).rejects.toThrow(InvalidInput);
    await expect(opened).rejects.toThrow(told);
  });

  test("a missing file", async () => {
    await expect(open(["/nowhere/log.csv"])).rejects.toThrow("data: no file /nowhere/log.csv");
  });
});

describe("a warning, with column and count, tells of", () => {
  test("a feature that gives the reward away for some", async () => {
    const csv = CSV.trimEnd()
      .split("\n")
      .map((line, i) => `${line},${i === 0 ? "receipt" : line.split(",")[5] === "1" && i % 3 === 0 ? 1 : 0}`)
      .join("\n");
    const dataset = await openCsv(csv, MAPPING.replace("age: numeric", "age: numeric\n  receipt: boolean"));
    expect(dataset.warnings.join("\n")).toMatch(/column receipt: (\d+) of \1 rows with 1 have the reward ordered/);
  });

  test("features that are the same in all rows, and of nothing that they would tell", async () => {
    const same = MAPPING.replace(/features:[^]*?arm:/, "features:\n  always: numeric\narm:");
    const csv = CSV.replaceAll("\n", ",1\n").replace(",1", ",always");
    expect((await openCsv(csv, same)).warnings).toEqual(["column always: the same value in all 5000 rows"]);
  });

  test("categories that look alike", async () => {
    const { warnings } = await openCsv(CSV.replace("Rome", "rome"));
    expect(warnings).toEqual([expect.stringContaining('column city: "Rome" and "rome" look alike')]);
  });

  test("an arm with few rows", async () => {
    const dataset = await openCsv(logCsv(300, 2));
    expect(dataset.warnings.join("\n")).toMatch(/column offer: the arm small occurs in \d+ rows only/);
  });
});

test("redemption may be unknown where nothing can be redeemed", async () => {
  const csv = CSV.replaceAll(/(none,\d),0$/gm, "$1,");
  const dataset = await openCsv(csv);
  expect(dataset.badRows).toBe(0);
  for await (const block of dataset.blocks(5000))
    block.arm.forEach((arm, row) => expect(Number.isNaN(block.redeemed![row]!)).toBe(arm === 0));
});
