// World log
// A randomised log of the synthetic world, written as it is drawn: every arm with the same probability, one row a
// session, the columns that examples/synthetic.yaml maps. Rows are never held; five million are a matter of a minute.

import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { must } from "../../domain/assert.ts";
import type { AttributeValue } from "../../domain/session/features.ts";
import { seededRandom } from "../../domain/random.ts";
import { PERSON_FEATURES } from "./person.ts";
import { drawLuck, type World } from "./world.ts";

export interface LogOptions {
  readonly rows: number;
  readonly seed: number;
  /** Ends in .csv, .csv.gz or .parquet. */
  readonly file: string;
  /** Which users: logs of different populations share none. */
  readonly population?: string;
  readonly onProgress?: (done: number) => void;
}

const ROWS_A_CHUNK = 4096;
const COLUMNS = [...Object.keys(PERSON_FEATURES), "coupon", "ordered", "basket", "redeemed"];

export async function writeLog(world: World, options: LogOptions): Promise<void> {
  const { file } = options;
  if (file.endsWith(".parquet")) return writeParquet(world, options);
  const text = Readable.from(csvChunks(world, options));
  if (file.endsWith(".gz")) await pipeline(text, createGzip({ level: 1 }), createWriteStream(file));
  else await pipeline(text, createWriteStream(file));
}

/** The log as CSV text, header first, in chunks of many rows. */
export function* csvChunks(world: World, options: Omit<LogOptions, "file">): Generator<string> {
  const random = seededRandom(`log/${options.seed}`);
  const users = world.users(options.population ?? "log");
  yield `${COLUMNS.join(",")}\n`;
  let lines: string[] = [];
  for (let row = 0; row < options.rows; row += 1) {
    const user = users.next().value;
    const arm = random.below(world.arms.length);
    const { ordered, redeemed, basketMinor } = world.outcome(user, arm, drawLuck(random));
    const cells = Object.values<AttributeValue>(user.attributes).map(cell);
    cells.push(must(world.arms[arm], "arm").id, ordered ? "1" : "0", String(basketMinor), redeemed ? "1" : "0");
    lines.push(cells.join(","));
    if (lines.length < ROWS_A_CHUNK) continue;
    yield `${lines.join("\n")}\n`;
    lines = [];
    options.onProgress?.((row + 1) / options.rows);
  }
  if (lines.length > 0) yield `${lines.join("\n")}\n`;
  options.onProgress?.(1);
}

/** The mapping file of such a log (examples/synthetic.yaml is this text). */
export function mappingText(world: World): string {
  const features = Object.entries(PERSON_FEATURES).map(([name, kind]) => `  ${name}: ${kind}`);
  const arms = world.arms.map(({ id, faceMinor }) => `    - { id: ${id}, face: ${faceMinor} }`);
  // An order decides whether there is a basket and a redemption, so it is a task even where it is worth nothing itself.
  const rewards =
    world.reward === "orders"
      ? ["  ordered: { kind: binary, weight: 1 }"]
      : ["  ordered: { kind: binary, weight: 0 }", "  basket: { kind: amount, weight: 1 }"];
  return `# The synthetic world's randomised log: eight coupons from nothing to 10.00, given by chance.
# Invented data (src/simulate/world/world.ts); amounts are minor units (cents).
currency: ${world.currency}
amounts: minor

features:
${features.join("\n")}

arm:
  column: coupon
  ordered: true
  arms:
${arms.join("\n")}

# Every coupon had the same chance.
propensity: uniform

rewards:
${rewards.join("\n")}

# A coupon costs its face value when it is redeemed, and nobody redeems without an order.
redeemed: { column: redeemed, given: ordered }
`;
}

function cell(value: AttributeValue): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return String(value);
}

/** By way of a CSV beside it, which DuckDB turns into Parquet in blocks. */
async function writeParquet(world: World, options: LogOptions): Promise<void> {
  const csv = `${options.file}.csv.tmp`;
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  await pipeline(Readable.from(csvChunks(world, options)), createWriteStream(csv));
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB" });
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (FROM read_csv(${quote(csv)}, header = true)) TO ${quote(options.file)} (FORMAT parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(csv, { force: true });
  }
}
