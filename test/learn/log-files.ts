// A small randomised log with a known effect, as text, and files of it. Test material only.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { onTestFinished } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import { openDataset, type DatasetOptions } from "../../src/learn/data/dataset.ts";
import { parseMapping, type Mapping } from "../../src/learn/data/mapping/mapping.ts";
import type { Dataset } from "../../src/learn/nouns.ts";

/** Orders without an incentive, and what each arm adds for users who respond (member) and for the others. */
export const ORDER_RATE = 0.1;
export const UPLIFT = [0, 0.15, 0.3] as const;
export const REDEEM_RATE = 0.5;

export const MAPPING = `
currency: EUR
amounts: minor
features:
  age: numeric
  member: boolean
  city: categorical
arm:
  column: offer
  ordered: true
  arms:
    - { id: none, propensity: 0.3333 }
    - { id: small, face: 100, send: 5, propensity: 0.3333 }
    - { id: large, face: 200, send: 5, propensity: 0.3334 }
rewards:
  ordered: { kind: binary, weight: 10 }
redeemed: { column: redeemed, given: ordered }
`;

export function mappingOf(text: string = MAPPING): Mapping {
  return parseMapping(text, "test");
}

/** Members respond to the offers, the others do not. */
export function logCsv(rows: number, seed: number): string {
  const random = seededRandom(`log:${seed}`);
  const cities = ["Rome", "Lyon", "Graz", "Oslo"];
  const lines = ["user,age,member,city,offer,ordered,redeemed"];
  for (let row = 0; row < rows; row += 1) {
    const age = 18 + random.below(60);
    const member = random.unit() < 0.5;
    const city = cities[Math.min(random.below(4), random.below(4))]!;
    const arm = random.below(3);
    const rate = ORDER_RATE + (member ? UPLIFT[arm]! : 0);
    const ordered = random.unit() < rate;
    const redeemed = ordered && arm > 0 && random.unit() < REDEEM_RATE;
    const offer = ["none", "small", "large"][arm]!;
    lines.push(`${row},${age},${member ? 1 : 0},${city},${offer},${ordered ? 1 : 0},${redeemed ? 1 : 0}`);
  }
  return `${lines.join("\n")}\n`;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stipend-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function csvFile(text: string): Promise<string> {
  const file = join(await temporaryFolder(), "log.csv");
  await writeFile(file, text);
  return file;
}

/** The CSV file's rows as Parquet, with the types that DuckDB sees in them. */
export async function parquetOf(csv: string): Promise<string> {
  const file = csv.replace(/\.csv$/, ".parquet");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (SELECT * FROM read_csv('${csv}')) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return file;
}

/** Opened, and closed at the end of the test. */
export async function open(files: readonly string[], options: Partial<DatasetOptions> = {}): Promise<Dataset> {
  const dataset = await openDataset({ files, mapping: mappingOf(), seed: 1, ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

export async function openCsv(
  text: string,
  mapping: string = MAPPING,
  options: Partial<DatasetOptions> = {},
): Promise<Dataset> {
  return open([await csvFile(text)], { mapping: mappingOf(mapping), ...options });
}

/** Orders by arm and all categories: enough to see that every row came as it was. */
export async function figuresOf(files: readonly string[], mapping: string = MAPPING) {
  // Some of these logs have the same rows over and over, which no chance makes alike.
  const dataset = await open(files, { mapping: mappingOf(mapping), observational: true });
  const { n, arm, rewards } = await dataset.sample(1_000_000, 1);
  const orders = [0, 0, 0];
  for (let row = 0; row < n; row += 1) orders[arm[row] ?? 0]! += rewards[row] ?? 0;
  const city = dataset.spec.features.at(-1);
  return {
    n,
    orders,
    cities: city?.kind === "categorical" ? city.categories.toSorted() : [],
    sources: dataset.sources,
  };
}
