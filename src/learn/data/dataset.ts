// Dataset
// A log as the steps of training see it: blocks of typed rows, in file order, each with its fold. Implements nouns.ts
// `Dataset`.
// The files are read once, into a typed table on disk; what is in memory is a block and DuckDB's bounded buffers.
//
// Invariants:
//   1. A row's fold is a function of the seed and its number in the files; of nothing else.
//   2. Blocks put together are the same rows in the same order for every block size.
//   3. The float32 row of a log's user is the row that `compileRowEncoder` writes for the same attributes.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { rowWidth, type FeatureSpec } from "../../domain/session/features.ts";
import { seededRandom } from "../../domain/random.ts";
import { blockReader, createCategoryTypes } from "./block-reader.ts";
import { openDatabase, type Database } from "./duckdb.ts";
import { findLeaks } from "../check/leaks.ts";
import { stageLog, TABLE } from "./log/staged-log.ts";
import { tasksOf, type Mapping } from "./mapping/mapping.ts";
import { FOLDS, type Dataset, type ProgressListener } from "../nouns.ts";
import { profileLog, type Least, type LogProfile } from "./profile.ts";
import type { Randomisation } from "../check/randomisation/figures.ts";
import { judgeRandomisation } from "../check/randomisation/randomisation.ts";
import { foldOf, hashedRows, type LogPart } from "./row-keys.ts";

export interface DatasetOptions {
  readonly files: readonly string[];
  readonly mapping: Mapping;
  /** Decides which rows belong to which fold. */
  readonly seed: number;
  /** All rows by default. */
  readonly part?: LogPart;
  readonly onProgress?: ProgressListener;
  /** Rows that cannot be used and may be left out; none by default. */
  readonly allowBadRows?: number;
  /** Refuses a log that has less; any row and any reward by default. */
  readonly least?: Least;
  /** Whether a log in which chance did not give the arms is taken all the same. */
  readonly observational?: boolean;
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

/** Rows on which leaks, and differences between the arms' users, are looked for. */
const LOOKED_AT_ROWS = 50_000;

/** Reads and checks a log; refuses with an InvalidInput that names the column and the count. Close it after use. */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  const db = await openDatabase({ scratch: options.scratch, memoryLimit: options.memoryLimit });
  try {
    const progress = options.onProgress ?? (() => undefined);
    progress("dataset", 0, "reading the log");
    const log = await stageLog(db, options.files, options.mapping, options.part);
    for (const { told } of log.sources) progress("dataset", 0.5, told);
    progress("dataset", 0.6, "looking at its columns");
    const profile = await profileLog(
      db,
      log,
      options.mapping,
      options.allowBadRows ?? 0,
      options.least ?? { rows: 1, events: 1 },
    );
    const viewed = { ...profile, sources: log.sources.map(({ told }) => told), randomisation: UNTESTED };
    const own = await view(db, options, viewed);
    progress("dataset", 0.8, "looking whether chance gave the arms");
    const block = await own.sample(LOOKED_AT_ROWS, options.seed);
    const leaks = options.spec === undefined ? findLeaks(block, own, options.mapping) : [];
    const { spec, rowsOfArm } = profile;
    const randomisation = await judgeRandomisation({ block, spec, mapping: options.mapping, rowsOfArm });
    const told = refuseUnlessObservational(randomisation, options.observational ?? false);
    progress("dataset", 1, `${profile.rows} rows`);
    const warnings = [...told, ...profile.warnings, ...leaks];
    if (options.spec === undefined) return { ...own, randomisation, warnings };
    return await view(db, options, { ...viewed, spec: options.spec, randomisation, warnings });
  } catch (error) {
    await db.close();
    throw error;
  }
}

const UNTESTED: Randomisation = { tested: null, told: [], failed: [] };

/** What is told of the log, first of all. Throws where it is not what it is taken for and nobody said so. */
function refuseUnlessObservational({ told, failed }: Randomisation, observational: boolean): string[] {
  if (failed.length === 0) return observational ? [NOT_CAUSAL, ...told] : [...told];
  if (observational) return [NOT_CAUSAL, ...failed, ...told];
  throw new InvalidInput(
    `data: chance did not give the arms as the mapping says:\n${[...failed, ...told].join("\n")}\n` +
      "What an arm does cannot be told from such a log. If users were drawn differently by something that is known, name it " +
      "in arm.strata, or give a propensity column; to look at it all the same, as at what merely went together, say --observational.",
  );
}

/** Said first wherever figures of such a log are shown. */
export const NOT_CAUSAL =
  "read as observational: nothing here is causal; differences between the arms may be those of their users";

interface Viewed extends LogProfile {
  readonly sources: readonly string[];
  readonly randomisation: Randomisation;
}

/** Two hashes of a row's number: `deal` decides its fold, `pick` whether a sample has it. */
async function view(db: Database, options: DatasetOptions, profile: Viewed): Promise<Dataset> {
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
    rowsOfArm: profile.rowsOfArm,
    sources: profile.sources,
    randomisation: profile.randomisation,
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
