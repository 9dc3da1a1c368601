// The log of a first release, read for a retraining: its rows as `train` would read them, in the training log's columns.

import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { earlierRows } from "../../../src/workflows/retrain/earlier-log.ts";
import { csvFile, logCsv, MAPPING, mappingOf, temporaryFolder } from "../../learn/log-files.ts";

async function rowsOf(csv: string, mapping: string, folder: string): Promise<Record<string, unknown>[]> {
  const select = await earlierRows([await csvFile(csv)], mappingOf(mapping), join(folder, "earlier.parquet"));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(select)).getRowObjects();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

const LINES = [
  "age,member,city,offer,ordered,redeemed,net",
  "33,1,NA,none,1,0,12.5",
  "44,no,a[b].*,small,1,1,-3",
  "old,0,,large,0,0,0",
];

test("features by name, the arm by id, propensities, rewards, what was redeemed and what it cost", async () => {
  const mapping = MAPPING.replace("weight: 10 }", "weight: 10 }\n  net: { kind: amount, negative: allowed }");
  const rows = await rowsOf(LINES.join("\n"), mapping, await temporaryFolder());
  expect(rows).toEqual([
    {
      ...{ "feature:age": 33, "feature:member": 1, "feature:city": "NA", arm: "none", propensity: expect.anything() },
      ...{ "reward:ordered": 1, "reward:net": 12.5, redeemed: 0, cost: 0 },
    },
    {
      ...{
        "feature:age": 44,
        "feature:member": 0,
        "feature:city": "a[b].*",
        arm: "small",
        propensity: expect.anything(),
      },
      ...{ "reward:ordered": 1, "reward:net": -3, redeemed: 1, cost: 105 },
    },
    {
      ...{
        "feature:age": null,
        "feature:member": 0,
        "feature:city": null,
        arm: "large",
        propensity: expect.anything(),
      },
      ...{ "reward:ordered": 0, "reward:net": 0, redeemed: 0, cost: 5 },
    },
  ]);
});

test("outcomes that cannot be read are refused there too, in a folder of any name", async () => {
  const folder = await temporaryFolder();
  await expect(rowsOf(logCsv(50, 1).replaceAll(/,1$/gm, ",?"), MAPPING, folder)).rejects.toThrow("column redeemed: ");
});
