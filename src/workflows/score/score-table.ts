// Score table
// Each row of a table with its cluster under a release, and the shares of the arms that the plan gives that cluster. Rows
// need only the release's features: what is missing or cannot be read takes the release's default, as when it serves.
//
// Invariants:
//   1. Every row of the input is a row of the output, in the same order, with all its columns.
//   2. The output is there whole or not at all: it is written beside its place and moved there.
// In memory are a batch of rows and DuckDB's bounded buffers.

import { rename, rm } from "node:fs/promises";
import { itemAt, must } from "../../domain/assert.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import {
  compileRowEncoder,
  type AttributeValue,
  type Attributes,
  type Feature,
} from "../../domain/session/features.ts";
import { expectedAt, positionForBudget, shadowPriceAt, sharesAt } from "../../domain/release/frontier.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import { openDatabase, type Database } from "../../learn/data/duckdb.ts";
import { checkColumns, databaseText, plainColumn, type LogSource } from "../../learn/data/log/log-source.ts";
import { openSources } from "../../learn/data/log/open-sources.ts";
import type { Mapping } from "../../learn/data/mapping/mapping.ts";
import type { ProgressListener } from "../../learn/nouns.ts";
import { identifier, literal } from "../../learn/data/sql.ts";
import { featuresSql, rawName } from "../../learn/data/staging.ts";
import { fitMapping } from "../evaluate/rows/fit.ts";
import type { OpenRelease } from "../evaluate/open-releases.ts";

export interface ScoreOptions {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly open: OpenRelease;
  /** Of all rows together, minor units; undefined: as much as the frontier's last row spends. */
  readonly budgetMinor: bigint | undefined;
  readonly out: string;
  readonly progress: ProgressListener;
}

export interface Scored {
  readonly rows: number;
  /** Lines of CSV files that are no rows of the table, and why the first are none. */
  readonly badLines: number;
  readonly badLineExamples: readonly string[];
  /** Each file and how it was read. */
  readonly sources: readonly string[];
  readonly rowsByCluster: readonly number[];
  /** Values of a feature that cannot be read and took the default. */
  readonly unread: readonly { readonly column: string; readonly values: number }[];
  /** Of the features of all rows, how many took their default. */
  readonly missingShare: number;
  readonly plan: ScoredPlan;
}

/** What the plan in force would be, on these rows. */
export interface ScoredPlan {
  readonly budgetPerRow: number | null;
  readonly position: number;
  readonly shadowPrice: number;
  /** Over all rows, by the release's own estimate; minor units. */
  readonly expectedReward: number;
  readonly expectedSpend: number;
}

/** Columns that are added; an arm's share is under `share` and the arm's id. */
export const SCORE_COLUMN = {
  row: "stipend_row",
  cluster: "stipend_cluster",
  probability: "stipend_probability",
  share: (arm: string) => `stipend_share_${arm}`,
} as const;

const BATCH_ROWS = 8_192;

export async function scoreTable(options: ScoreOptions): Promise<Scored> {
  const { open, mapping, files, progress } = options;
  const { manifest } = open.release;
  const features = fitMapping(open.label, manifest, mapping).features.slice(0, manifest.features.features.length);
  const db = await openDatabase({});
  try {
    progress("reading", 0);
    const sources = await readInput(db, files, mapping, features);
    await refuseScored(db, manifest);
    const rows = Number((await db.rows("SELECT count(*) FROM input"))[0]?.[0]);
    if (rows === 0) throw new InvalidInput(`data: ${files.join(", ")}: no rows`);
    const select = await selectFeatures(db, features, mapping);
    const { rowsByCluster, missing, unread } = await classifyInput(db, select, rows, options);
    const plan = planFor(manifest, rowsByCluster, options.budgetMinor);
    progress("writing", 0.95, options.out);
    await writeOutput(db, manifest, plan.position, options.out);
    progress("writing", 1, options.out);
    const badLines = sources.reduce((sum, { malformed }) => sum + malformed.count, 0);
    return {
      rows,
      badLines,
      badLineExamples: sources.flatMap(({ malformed }) => malformed.examples).slice(0, 3),
      sources: sources.map(({ told }) => told),
      unread: features.map(({ column }, index) => ({ column, values: itemAt(unread, index) })),
      rowsByCluster,
      missingShare: missing / (rows * features.length),
      plan,
    };
  } finally {
    await db.close();
  }
}

/** All columns, as they are. */
async function readInput(
  db: Database,
  files: readonly string[],
  mapping: Mapping,
  features: Mapping["features"],
): Promise<readonly LogSource[]> {
  const needed = new Set(features.map(({ column }) => column));
  const sources = await openSources(db, files, needed, mapping.format);
  const named = features.map(({ name, column }) => ({ column, by: `features.${name}` }));
  for (const source of sources) checkColumns(source, named);
  const all = await asWritten(db, sources, needed);
  await db.run(`CREATE TABLE input AS ${all.join(" UNION ALL BY NAME ")}`).catch((error: unknown) => {
    throw new InvalidInput(`data: cannot read it: ${databaseText(error)}`);
  });
  return sources;
}

/**
 * What has one type in one file and another in the next comes back as text: the database would make both of them numbers that
 * an id need not fit in. Features are numbers in single precision anyhow.
 */
async function asWritten(
  db: Database,
  sources: readonly LogSource[],
  features: ReadonlySet<string>,
): Promise<string[]> {
  const described = await Promise.all(sources.map(({ all }) => db.rows(`DESCRIBE ${all}`)));
  const types = new Map<string, Set<string>>();
  for (const [name, type] of described.flat()) {
    const key = String(name).toLowerCase();
    types.set(key, (types.get(key) ?? new Set()).add(String(type).replace(/^.*INT(EGER)?$/, "whole number")));
  }
  return sources.map(({ all }, index) => {
    const texts = (described[index] ?? []).flatMap(([name, type]) => {
      const column = String(name);
      if (features.has(column) || types.get(column.toLowerCase())?.size === 1) return [];
      return [`CAST(${plainColumn(column, String(type))} AS VARCHAR) AS ${identifier(column)}`];
    });
    return texts.length === 0 ? all : `SELECT * REPLACE (${texts.join(", ")}) FROM (${all})`;
  });
}

async function refuseScored(db: Database, { arms }: ReleaseManifest): Promise<void> {
  const known = (await db.rows("SELECT column_name FROM (DESCRIBE input)")).map(([name]) => String(name));
  const added: string[] = [
    SCORE_COLUMN.row,
    SCORE_COLUMN.cluster,
    SCORE_COLUMN.probability,
    ...arms.map(SCORE_COLUMN.share),
  ];
  const taken = known.filter((name) => added.includes(name.toLowerCase()) || added.includes(name));
  if (taken.length > 0)
    throw new InvalidInput(`data: it has the columns ${taken.join(", ")} already: score the table it was made from`);
}

async function selectFeatures(db: Database, features: Mapping["features"], { numbers }: Mapping): Promise<string> {
  const types = new Map((await db.rows("DESCRIBE input")).map(([name, type]) => [String(name), String(type)]));
  const columns = [...new Set(features.map(({ column }) => column))];
  const plain = columns.map((column) => `${plainColumn(column, types.get(column) ?? "")} AS ${rawName(column)}`);
  return featuresSql(features, numbers, `SELECT ${plain.join(", ")} FROM input`);
}

interface Classified {
  readonly rowsByCluster: number[];
  readonly missing: number;
  /** By feature, values that cannot be read. */
  readonly unread: readonly number[];
}

async function classifyInput(
  db: Database,
  select: string,
  rows: number,
  { open, progress }: ScoreOptions,
): Promise<Classified> {
  const { manifest } = open.release;
  const { features } = manifest.features;
  const encoder = compileRowEncoder(manifest.features);
  const rowsByCluster = new Array<number>(manifest.clusters).fill(0);
  const unread = features.map(() => 0);
  let missing = 0;
  let done = 0;
  await db.run("CREATE TABLE scored (cluster INTEGER, probability FLOAT)");
  for await (const batch of batchesOf(db, select, features, unread)) {
    const x = new Float32Array(batch.length * encoder.width);
    batch.forEach((attributes, row) => (missing += encoder.encode(attributes, x, row * encoder.width)));
    const { clusters, probabilities } = await open.classifier.classify(x, batch.length);
    for (const cluster of clusters) rowsByCluster[cluster]! += 1;
    await db.append("scored", [clusters, probabilities]);
    done += batch.length;
    progress("scoring", (0.9 * done) / rows, `${done} of ${rows} rows`);
  }
  return { rowsByCluster, missing, unread };
}

async function* batchesOf(
  db: Database,
  select: string,
  features: readonly Feature[],
  unread: number[],
): AsyncGenerator<readonly Attributes[]> {
  let batch: Attributes[] = [];
  for await (const chunk of db.stream(select)) {
    const columns = features.map((feature, index) => ({ feature, vector: chunk.getColumnVector(index) }));
    for (const index of features.keys()) {
      const flags = chunk.getColumnVector(features.length + index);
      for (let row = 0; row < chunk.rowCount; row += 1) if (flags.getItem(row) === true) unread[index]! += 1;
    }
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const attributes: Record<string, AttributeValue> = {};
      for (const { feature, vector } of columns) attributes[feature.name] = attributeOf(feature, vector.getItem(row));
      batch.push(attributes);
    }
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** As a producer would send it. */
function attributeOf({ kind }: Feature, value: unknown): AttributeValue {
  if (typeof value === "string") return value;
  if (typeof value !== "number") return null;
  return kind === "boolean" ? value === 1 : value;
}

function planFor(
  { frontier, values }: ReleaseManifest,
  rowsByCluster: readonly number[],
  budgetMinor: bigint | undefined,
): ScoredPlan {
  const rows = rowsByCluster.reduce((sum, count) => sum + count, 0);
  const budgetPerRow = budgetMinor === undefined ? null : Number(budgetMinor) / rows;
  const position =
    budgetPerRow === null
      ? frontier.rows.length - 1
      : positionForBudget(frontier, values, rowsByCluster, budgetPerRow).position;
  const { reward, cost } = expectedAt(frontier, values, rowsByCluster, position);
  return {
    budgetPerRow,
    position,
    shadowPrice: shadowPriceAt(frontier, position),
    expectedReward: reward * rows,
    expectedSpend: cost * rows,
  };
}

async function writeOutput(db: Database, manifest: ReleaseManifest, position: number, out: string): Promise<void> {
  const shares = Array.from({ length: manifest.clusters }, (_, cluster) =>
    sharesAt(manifest.frontier, position, cluster),
  );
  const columns = [
    `row_number() OVER () AS ${SCORE_COLUMN.row}`,
    `scored.cluster AS ${SCORE_COLUMN.cluster}`,
    `scored.probability AS ${SCORE_COLUMN.probability}`,
    ...manifest.arms.map((arm, index) => {
      const byCluster = shares.map((row) => must(row[index], "share").toFixed(6)).join(", ");
      return `[${byCluster}][scored.cluster + 1]::DOUBLE AS ${identifier(SCORE_COLUMN.share(arm))}`;
    }),
  ];
  const select = `SELECT input.*, ${columns.join(", ")} FROM input POSITIONAL JOIN scored`;
  const beside = `${out}.tmp`;
  try {
    await db.run(`COPY (${select}) TO ${literal(beside)} (${formatOf(out)})`);
    await rename(beside, out);
  } finally {
    await rm(beside, { force: true });
  }
}

/** By the ending, which `checkOut` has looked at. */
function formatOf(out: string): string {
  if (out.endsWith(".parquet")) return "FORMAT parquet";
  return out.endsWith(".gz") ? "FORMAT csv, HEADER, COMPRESSION gzip" : "FORMAT csv, HEADER";
}

export const ENDINGS = [".csv", ".csv.gz", ".parquet"] as const;
