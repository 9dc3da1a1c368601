// Dataset
// A log as the steps of training see it: blocks of typed rows, in file order, each with its fold. Implements nouns.ts
// `Dataset`.
// The files are read once, into a typed table on disk; what is in memory is a block and DuckDB's bounded buffers.
//
// Invariants:
//   1. A row's fold is a function of the seed and its number in the files; of nothing else.
//   2. Blocks put together are the same rows in the same order for every block size.
//   3. The float32 row of a log's user is the row that `compileRowEncoder` writes for the same attributes.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { InvalidInput } from "../domain/campaign.ts";
import { rowWidth, type FeatureSpec } from "../domain/features.ts";
import { seededRandom } from "../domain/random.ts";
import { blockReader, createCategoryTypes } from "./block-reader.ts";
import { openDatabase, readFile, type Database } from "./duckdb.ts";
import { findLeaks } from "./leaks.ts";
import { tasksOf, type Mapping } from "./mapping.ts";
import { FOLDS, type Dataset, type Progress } from "./nouns.ts";
import { profileLog, type Profile } from "./profile.ts";
import { foldOf, hashedRows } from "./row-keys.ts";
import { columnsNamed, stageSql } from "./staging.ts";

export interface DatasetOptions {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  /** Decides which rows belong to which fold. */
  readonly seed: number;
  readonly onProgress?: Progress;
  /**
   * Lays rows out by these features, a release's, in place of the log's own; they are the mapping's first, in its order.
   * The log is then looked at and not learned from, and nobody looks for leaks.
   */
  readonly spec?: FeatureSpec;
  /** Folder for the staged copy of the log; the system's temporary folder by default. */
  readonly scratch?: string;
  /** DuckDB's own bound, `1GB` by default; row blocks come on top. */
  readonly memoryLimit?: string;
}

const TABLE = "staged";
/** Rows on which leaks are looked for. */
const LEAK_ROWS = 50_000;

/** Reads and checks a log; refuses with an InvalidInput that names the column and the count. Close it after use. */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  for (const file of options.files) await checkFile(file);
  const db = await openDatabase({ scratch: options.scratch, memoryLimit: options.memoryLimit });
  try {
    const progress = options.onProgress ?? (() => undefined);
    progress("dataset", 0, "reading the log");
    const malformed = await stage(db, options.files, options.mapping);
    progress("dataset", 0.6, "looking at its columns");
    const profile = await profileLog(db, TABLE, options.mapping, malformed);
    const dataset = await view(db, options, { ...profile, spec: options.spec ?? profile.spec });
    if (options.spec !== undefined) return dataset;
    progress("dataset", 0.9, "looking for leaks");
    const leaks = findLeaks(await dataset.sample(LEAK_ROWS, options.seed), dataset, options.mapping);
    progress("dataset", 1, `${profile.rows} rows`);
    return { ...dataset, warnings: [...profile.warnings, ...leaks] };
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => {
    throw new InvalidInput(`data: no file ${file}`);
  });
  // DuckDB would read whatever lies in it.
  if (found.isDirectory()) throw new InvalidInput(`data: ${file} is a folder; name the files in it`);
}

/** Reads the files, one after the other, into the typed table; returns how many lines were no rows at all. */
async function stage(db: Database, files: readonly string[], mapping: Mapping): Promise<number> {
  if (files.length === 0) throw new InvalidInput("data: name at least one file");
  for (const [index, file] of files.entries()) {
    const refuse = (error: unknown): never => {
      throw new InvalidInput(`data: cannot read ${file}: ${firstLine(error)}`);
    };
    if (file.endsWith(".gz")) await checkWhole(file).catch(refuse);
    const source = readFile(file);
    const columns = await db.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${source})`).catch(refuse);
    checkColumns(file, new Set(columns.map(([name]) => String(name))), mapping);
    const into = index === 0 ? `CREATE TABLE ${TABLE} AS` : `INSERT INTO ${TABLE}`;
    await db.run(`${into} ${stageSql(mapping, source)}`).catch(refuse);
  }
  if (files.every((file) => file.endsWith(".parquet"))) return 0;
  const rejected = await db.rows("SELECT count(DISTINCT (scan_id, file_id, line)) FROM reject_errors");
  return Number(rejected[0]?.[0]);
}

/** DuckDB reads a file that was cut short as far as it goes, and says nothing. */
async function checkWhole(file: string): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(file), createGunzip(), nowhere);
}

function checkColumns(file: string, known: ReadonlySet<string>, mapping: Mapping): void {
  const unknown = columnsNamed(mapping).filter(({ column }) => !known.has(column));
  if (unknown.length === 0) return;
  const told = unknown.map(({ column, by }) => `${by}: no column ${column} in the data`);
  throw new InvalidInput(`${told.join("\n")}\n${file} has: ${[...known].join(", ")}`);
}

/** What follows is advice on DuckDB's own options. */
function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line;
}

/** Two hashes of a row's number: `deal` decides its fold, `pick` whether a sample has it. */
async function view(db: Database, options: DatasetOptions, profile: Profile): Promise<Dataset> {
  const { mapping, seed } = options;
  const { rows } = profile;
  const good = (pickSeed: number): string =>
    `${hashedRows(TABLE, { deal: seed32(`fold:${seed}`), pick: pickSeed })} WHERE bad = 0`;
  await createCategoryTypes(db, profile.spec);
  const reader = blockReader(profile.spec, mapping, foldOf("deal", FOLDS));
  const select = `SELECT ${reader.columns.join(", ")}`;
  return {
    spec: profile.spec,
    width: rowWidth(profile.spec),
    arms: mapping.arm.arms.map((arm) => arm.id),
    tasks: tasksOf(mapping),
    rows,
    badRows: profile.badRows,
    warnings: profile.warnings,
    blocks: (size) => reader.read(db.stream(`${select} FROM ${good(0)}`), size),
    sample: async (max, sampleSeed) => {
      const wanted = Math.min(max, rows);
      const from = good(seed32(`sample:${sampleSeed}`));
      const picked = wanted < rows ? `${from} AND ${await pickedBelow(db, from, wanted)}` : from;
      for await (const block of reader.read(db.stream(`${select} FROM ${picked}`), Math.max(1, wanted))) return block;
      throw new InvalidInput("data: no rows");
    },
    close: () => db.close(),
  };
}

/** The condition of the `wanted` rows with the smallest keys; the row's number breaks ties. */
async function pickedBelow(db: Database, from: string, wanted: number): Promise<string> {
  const key = "((pick << 32) | row)";
  const smallest = `SELECT ${key} AS key FROM ${from} ORDER BY key LIMIT ${wanted}`;
  return `${key} <= ${String((await db.rows(`SELECT max(key) FROM (${smallest})`))[0]?.[0])}`;
}

function seed32(name: string): number {
  return seededRandom(name).below(4294967296);
}
