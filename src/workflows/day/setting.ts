// Setting
// What a day is played in: the market whose users arrive, and the randomised log that the first release is trained on.
// Either all of it is invented (the synthetic world), or one part of a real log trains and the users of the other arrive.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { itemAt, must } from "../../domain/assert.ts";
import { openDataset } from "../../learn/data/dataset.ts";
import { openDatabase } from "../../learn/data/duckdb.ts";
import { openSources } from "../../learn/data/log/open-sources.ts";
import { parseMapping, type Mapping } from "../../learn/data/mapping/mapping.ts";
import { literal } from "../../learn/data/sql.ts";
import { columnsNamed } from "../../learn/data/staging.ts";
import type { ProgressListener } from "../../learn/nouns.ts";
import { syntheticMarket, type Market, type MarketArm } from "../../simulate/market/market.ts";
import { replayMarket } from "../../simulate/market/replay-world.ts";
import { createWorld } from "../../simulate/world/world.ts";
import { mappingText, writeLog } from "../../simulate/world/world-log.ts";

export interface DaySetting {
  readonly market: Market;
  readonly sessions: number;
  /** The log of the first release. */
  readonly files: readonly string[];
  readonly mappingFile: string;
  readonly mapping: Mapping;
  /** For the headline: where users and outcomes come from. */
  readonly name: string;
}

export const SYNTHETIC_ROWS = 40_000;
export const SYNTHETIC_SESSIONS = 150_000;
/** Users a session: some come back. */
const USERS_PER_SESSION = 0.8;
/** The part of a real log that is replayed at most; more rows make no truer neighbours. */
const REPLAY_ROWS = 60_000;

export interface SettingOptions {
  readonly seed: number;
  readonly sessions: number | undefined;
  readonly folder: string;
  readonly onProgress: ProgressListener;
}

export async function syntheticSetting(options: SettingOptions & { readonly rows: number }): Promise<DaySetting> {
  const { seed, folder, onProgress, rows } = options;
  const sessions = options.sessions ?? SYNTHETIC_SESSIONS;
  const world = createWorld({ seed });
  await mkdir(folder, { recursive: true });
  const file = join(folder, "randomised-log.csv");
  const mappingFile = join(folder, "mapping.yaml");
  await writeLog(world, { rows, seed, file, onProgress: (done) => onProgress("inventing a randomised log", done) });
  await writeFile(mappingFile, mappingText(world));
  onProgress("inventing the day's users", 0);
  return {
    market: syntheticMarket(world, `day/${seed}`, Math.max(2, Math.round(sessions * USERS_PER_SESSION))),
    sessions,
    files: [file],
    mappingFile,
    mapping: parseMapping(mappingText(world), mappingFile),
    name: `synthetic world, seed ${seed}`,
  };
}

export async function replaySetting(
  options: SettingOptions & { readonly files: readonly string[]; readonly mappingFile: string },
): Promise<DaySetting> {
  const { seed, folder, onProgress, files, mappingFile } = options;
  const mapping = parseMapping(await readFile(mappingFile, "utf8"), mappingFile);
  await mkdir(folder, { recursive: true });
  onProgress("splitting the log", 0);
  const parts = { train: join(folder, "train.parquet"), arrive: join(folder, "arrive.parquet") };
  await splitLog(files, mapping, seed, parts, folder);
  const dataset = await openDataset({ files: [parts.arrive], mapping, seed, scratch: folder, onProgress });
  try {
    const rows = await dataset.sample(REPLAY_ROWS, seed);
    const market = replayMarket({
      rows,
      spec: dataset.spec,
      arms: armsOf(mapping, rows),
      currency: mapping.currency,
      rewards: mapping.rewards,
      redemption: mapping.cost ? "cost" : mapping.redeemed ? "face" : "none",
    });
    return {
      market,
      sessions: options.sessions ?? rows.n,
      files: [parts.train],
      mappingFile,
      mapping,
      name: `replay of ${files.join(", ")}`,
    };
  } finally {
    await dataset.close();
  }
}

/** Every row to one of two files, by a seeded hash of its number. */
async function splitLog(
  files: readonly string[],
  mapping: Mapping,
  seed: number,
  parts: Readonly<Record<"train" | "arrive", string>>,
  scratch: string,
): Promise<void> {
  const db = await openDatabase({ scratch });
  try {
    const needed = new Set(columnsNamed(mapping).map(({ column }) => column));
    const sources = await openSources(db, files, needed, mapping.format);
    const all = sources.map((source) => source.all).join(" UNION ALL BY NAME ");
    await db.run(`CREATE TABLE log AS SELECT *, row_number() OVER () AS "stipend:row" FROM (${all})`);
    for (const [part, file] of Object.entries(parts)) {
      const side = `(hash("stipend:row" * 1000003 + ${seed}) >> 11) % 2 = ${part === "train" ? 0 : 1}`;
      await db.run(
        `COPY (SELECT * EXCLUDE "stipend:row" FROM log WHERE ${side} ORDER BY "stipend:row") TO ${literal(file)} (FORMAT parquet)`,
      );
    }
  } finally {
    await db.close();
  }
}

/** Where the log has a cost and no price, an arm's price is the dearest that it ever cost: so much must be held for it. */
function armsOf(mapping: Mapping, rows: { readonly arm: Uint8Array; readonly cost: Float32Array }): MarketArm[] {
  const dearest = mapping.arm.arms.map(() => 0);
  rows.cost.forEach((cost, row) => {
    const arm = rows.arm[row]!;
    dearest[arm] = Math.max(itemAt(dearest, arm), Math.ceil(cost));
  });
  return mapping.arm.arms.map(({ id, faceMinor, sendMinor }, arm) => ({
    id,
    faceMinor: arm > 0 && mapping.cost ? Math.max(faceMinor, must(dearest[arm], "cost")) : faceMinor,
    sendMinor,
  }));
}
