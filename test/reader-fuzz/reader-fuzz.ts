// One case of the fuzz: a log is written somehow and read; what comes is the right figures, or an error that names where.

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidInput } from "../../src/domain/campaign/campaign.ts";
import { seededRandom, type Random } from "../../src/domain/random.ts";
import { openDatabase, type Database } from "../../src/learn/data/duckdb.ts";
import { checkFaults } from "../../src/learn/data/faults.ts";
import { stageLog, TABLE } from "../../src/learn/data/log/staged-log.ts";
import { parseMapping } from "../../src/learn/data/mapping/mapping.ts";
import { literal } from "../../src/learn/data/sql.ts";
import { COLUMNS, drawRows, MAPPING, meaningOf, sameFigures, type Figures, type Meaning, type Row } from "./model.ts";
import { mutateCells, mutateMapping, mutateText, pick, writeSomehow } from "./mutations.ts";
import { referenceRows } from "./reference.ts";

export type Ended = "read" | "refused";

interface Case {
  readonly bytes: Buffer;
  readonly mapping: string;
  /** Null: must be refused. Undefined: whatever it says must be an error that is meant, or be right by its own lights. */
  readonly meaning: Meaning | null | undefined;
  /** Place of each row, where it is known. */
  readonly places: readonly string[] | null;
}

/** How it ended; throws an Error with the seed for anything else. */
export async function fuzzReader(seed: string, folder: string): Promise<Ended> {
  const random = seededRandom(seed);
  const rows = drawRows(random, 30);
  const file = join(folder, "log");
  const made = await makeCase(random, rows, folder);
  await writeFile(file, made.bytes);
  const read = await readOrRefuse(file, made.mapping).catch((error: unknown) => {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  await rm(file);
  const wrong = read instanceof InvalidInput ? wrongRefusal(made, read.message) : wrongFigures(made, read);
  if (wrong !== null)
    throw new Error(`seed ${seed}: ${wrong}\n${made.mapping}\n${made.bytes.toString("latin1").slice(0, 3000)}`);
  return read instanceof InvalidInput ? "refused" : "read";
}

async function makeCase(random: Random, rows: readonly Row[], folder: string): Promise<Case> {
  switch (random.below(8)) {
    case 0:
    case 1: {
      const bytes = mutateText(random, random.below(2) === 0 ? rows : mutateCells(random, rows));
      const found = referenceRows(bytes);
      const meaning = found === null ? null : meaningOf(found.rows);
      return { bytes, mapping: MAPPING, meaning, places: found?.lines.map((line) => `line ${line}`) ?? null };
    }
    case 2: {
      const { bytes } = writeSomehow(random, rows);
      return { bytes, mapping: mutateMapping(random), meaning: undefined, places: null };
    }
    case 3:
    case 4: {
      const some = random.below(3) === 0 ? rows : mutateCells(random, rows);
      const bytes = await parquetBytes(random, some, folder);
      if (random.below(6) === 0)
        return { bytes: bytes.subarray(0, random.below(bytes.length)), mapping: MAPPING, meaning: null, places: null };
      return { bytes, mapping: MAPPING, meaning: meaningOf(some), places: some.map((_, row) => `row ${row + 1}`) };
    }
    default: {
      const some = random.below(4) === 0 ? rows : mutateCells(random, rows);
      const { bytes, mapping, lines } = writeSomehow(random, some);
      return { bytes, mapping, meaning: meaningOf(some), places: lines.map((line) => `line ${line}`) };
    }
  }
}

async function readOrRefuse(file: string, mappingText: string): Promise<Figures | InvalidInput> {
  const db = await openDatabase({});
  try {
    const mapping = parseMapping(mappingText, "mapping.yaml");
    await checkFaults(db, await stageLog(db, [file], mapping), mapping, 0);
    return await figuresOf(db);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  } finally {
    await db.close();
  }
}

async function figuresOf(db: Database): Promise<Figures> {
  const columns = (await db.rows(`DESCRIBE ${TABLE}`)).map(([name]) => String(name));
  // A mutated mapping may have fewer roles; its figures are held against nothing.
  if (["reward_1", "redeemed", "feature_2"].some((name) => !columns.includes(name))) return { byArm: {}, cities: {} };
  const sums = await db.rows(
    `SELECT arm, count(*), sum(reward_0), sum(reward_1), coalesce(sum(redeemed), 0), coalesce(sum(feature_0), 0), ` +
      `count(feature_0), coalesce(sum(CAST(feature_1 AS VARCHAR)::DOUBLE), 0), count(feature_1) FROM ${TABLE} WHERE bad = 0 GROUP BY 1`,
  );
  const cities = await db.rows(
    `SELECT coalesce(CAST(feature_2 AS VARCHAR), '(missing)'), count(*) FROM ${TABLE} WHERE bad = 0 GROUP BY 1`,
  );
  return {
    byArm: Object.fromEntries(sums.map(([arm, ...values]) => [String(arm), values.map(Number)])),
    cities: Object.fromEntries(cities.map(([city, count]) => [String(city), Number(count)])),
  };
}

/** With the types that a warehouse might have given the columns, where their values have them. */
async function parquetBytes(random: Random, rows: readonly Row[], folder: string): Promise<Buffer> {
  const db = await openDatabase({});
  const out = join(folder, "made.parquet");
  try {
    const values = rows.map(
      (row) => `(${COLUMNS.map((name) => (row[name] === "" ? "NULL" : literal(row[name]))).join(", ")})`,
    );
    await db.run(`CREATE TABLE made AS SELECT * FROM (VALUES ${values.join(", ")}) AS v(${COLUMNS.join(", ")})`);
    for (const name of COLUMNS) {
      const type = pick(random, ["VARCHAR", "DOUBLE", "DECIMAL(18, 4)", "BOOLEAN", "BIGINT", "FLOAT"]);
      const same = await db.rows(
        `SELECT count(*) FILTER (${name} IS NOT NULL AND CAST(TRY_CAST(${name} AS ${type}) AS VARCHAR) IS DISTINCT FROM ${name}) FROM made`,
      );
      const isFlag = type === "BOOLEAN" && rows.every((row) => ["0", "1"].includes(row[name]));
      if (isFlag || Number(same[0]?.[0]) === 0) await db.run(`ALTER TABLE made ALTER ${name} TYPE ${type}`);
    }
    await db.run(`COPY made TO ${literal(out)} (FORMAT parquet)`);
    return await readFile(out);
  } finally {
    await db.close();
    await rm(out, { force: true });
  }
}

function wrongFigures({ meaning }: Case, read: Figures): string | null {
  if (meaning === undefined) return null;
  if (meaning === null || meaning.figures === null)
    return `was read and should have been refused: ${JSON.stringify(read)}`;
  if (sameFigures(meaning.figures, read)) return null;
  return `other figures: ${JSON.stringify(read)} for ${JSON.stringify(meaning.figures)}`;
}

/** A place in the file, a column, or a field of the mapping. */
const SAYS_WHERE =
  /\b(line|row|byte) \d|column |features\.|mapping\.yaml: |no column |is empty|no header|no rows|two columns|cut short|cannot read|not UTF-8|is an? /;

function wrongRefusal({ meaning, places }: Case, message: string): string | null {
  if (!SAYS_WHERE.test(message)) return `refused without saying where: ${message}`;
  if (!meaning || places === null || !/rows? ha(ve|s)/.test(message)) return null;
  for (const [column, rows] of meaning.faults) {
    if (!message.includes(`column ${column}: ${rows.length} row`))
      return `column ${column} is not named with its count: ${message}`;
    const first = places[rows[0] ?? 0] ?? "";
    if (!message.includes(`in ${first}`)) return `the first is in ${first}: ${message}`;
  }
  return meaning.faults.size === 0 ? `nothing is wrong with it: ${message}` : null;
}
