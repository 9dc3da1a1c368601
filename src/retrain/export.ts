// Export
// Writes a campaign's part of the training log to a file that `train` reads like any other randomised log, with the mapping
// beside it. There is one column a feature, and the arm, its propensity, the rewards, redemption and cost. Rows go through
// one at a time and DuckDB turns the text into Parquet, so that nothing holds them all.

import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Campaign } from "../domain/campaign/campaign.ts";
import type { AttributeValue, Feature } from "../domain/session/features.ts";
import type { TrainingRow } from "../domain/decision/training-row.ts";
import type { EventLog } from "../log/event-log.ts";
import { COLUMN, ColumnFindings, mappingOf, rewardNames } from "./columns.ts";
import { trainingRows } from "./training-rows.ts";

export interface ExportOptions {
  readonly log: EventLog;
  readonly campaign: Campaign;
  /** Columns of attributes; those of the release in force. */
  readonly features: readonly Feature[];
  /** Made when missing; gets `training.parquet` and `mapping.yaml`. */
  readonly folder: string;
  /**
   * More rows that this log does not have, such as the randomised log of the first release: a SELECT with the same
   * columns, added as it is.
   */
  readonly earlier?: string | null;
}

export interface Exported {
  readonly file: string;
  readonly mapping: string;
  /** Rows of the training log in the file. */
  readonly rows: number;
  readonly earlierRows: number;
  /**
   * notDrawn: the arm was not drawn by known chances (held out, refused, downgraded). certain: its chance was 1, and nothing
   * can be learned about the other arms. undecodable: rows that cannot be read; erased: of users who were; both of all
   * campaigns.
   */
  readonly leftOut: { notDrawn: number; certain: number; undecodable: number; erased: number };
}

const LINES_A_WRITE = 1_000;

export async function exportTrainingLog(options: ExportOptions): Promise<Exported> {
  const { folder, campaign, features } = options;
  await mkdir(folder, { recursive: true });
  const text = join(folder, "training.csv.tmp");
  const file = join(folder, "training.parquet");
  const mapping = join(folder, "mapping.yaml");
  const findings = new ColumnFindings(campaign);
  try {
    const { rows, leftOut } = await writeText(options, text, findings);
    const earlierRows = await toParquet(options, text, file);
    await writeFile(mapping, mappingOf(campaign, features, findings.result()));
    return { file, mapping, rows, earlierRows, leftOut };
  } finally {
    await rm(text, { force: true });
  }
}

/** Whether the row's arm was drawn by a known chance that was not certain. */
export function isLearnable(row: TrainingRow): boolean {
  return usable(row) === "yes";
}

/** Usable rows of the campaign in the training log, for the trigger. */
export async function countTrainingRows(log: EventLog, campaign: string): Promise<number> {
  let rows = 0;
  for await (const row of trainingRows(log))
    if (typeof row !== "string" && row.campaign === campaign && usable(row) === "yes") rows += 1;
  return rows;
}

async function writeText(
  options: ExportOptions,
  path: string,
  findings: ColumnFindings,
): Promise<Pick<Exported, "rows" | "leftOut">> {
  const counts = { rows: 0, leftOut: { notDrawn: 0, certain: 0, undecodable: 0, erased: 0 } };
  await pipeline(Readable.from(chunks(options, findings, counts)), createWriteStream(path));
  return counts;
}

async function* chunks(
  { log, campaign, features }: ExportOptions,
  findings: ColumnFindings,
  counts: { rows: number; leftOut: Exported["leftOut"] },
): AsyncGenerator<string> {
  const rewards = rewardNames(campaign);
  let lines = [columnsOf(features, rewards).map(quoted).join(",")];
  for await (const row of trainingRows(log)) {
    if (typeof row !== "string" && row.campaign !== campaign.id) continue;
    const verdict = typeof row === "string" ? row : usable(row);
    if (typeof row === "string" || verdict !== "yes") {
      if (verdict !== "yes") counts.leftOut[verdict] += 1;
      continue;
    }
    findings.see(row);
    counts.rows += 1;
    lines.push(lineOf(row, features, rewards));
    if (lines.length < LINES_A_WRITE) continue;
    yield `${lines.join("\n")}\n`;
    lines = [];
  }
  yield lines.map((line) => `${line}\n`).join("");
}

function usable(row: TrainingRow): "yes" | "notDrawn" | "certain" {
  const propensity = row.propensities[row.arm];
  if (row.holdout || propensity === undefined || !(propensity > 0)) return "notDrawn";
  return propensity < 1 ? "yes" : "certain";
}

function columnsOf(features: readonly Feature[], rewards: readonly string[]): string[] {
  return [
    ...features.map((feature) => COLUMN.feature(feature.name)),
    COLUMN.arm,
    COLUMN.propensity,
    ...rewards.map(COLUMN.reward),
    COLUMN.redeemed,
    COLUMN.cost,
  ];
}

function lineOf(row: TrainingRow, features: readonly Feature[], rewards: readonly string[]): string {
  const cells = features.map(({ name }) => cell(row.attributes[name]));
  cells.push(quoted(row.armId), String(row.propensities[row.arm] ?? ""));
  for (const name of rewards) cells.push(String(row.rewards[name] ?? 0));
  cells.push(row.redeemed ? "1" : "0", String(row.costMinor));
  return cells.join(",");
}

function cell(value: AttributeValue | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return quoted(value);
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** Answers how many earlier rows were added. */
async function toParquet({ features, campaign, earlier }: ExportOptions, text: string, file: string): Promise<number> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB" });
  const connection = await instance.connect();
  try {
    const own = `SELECT ${typedColumns(features, rewardNames(campaign))} FROM ${ownText(text, columnsOf(features, rewardNames(campaign)))}`;
    const all = earlier ? `${own} UNION ALL BY NAME (${earlier})` : own;
    await connection.run(`COPY (${all}) TO ${literal(file)} (FORMAT parquet)`);
    if (!earlier) return 0;
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM (${earlier})`);
    return Number(counted.getRows()[0]?.[0]);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Written by `lineOf`, so that nothing of it is left to guess. */
function ownText(path: string, columns: readonly string[]): string {
  const types = columns.map((name) => `${literal(name)}: 'VARCHAR'`).join(", ");
  return (
    `read_csv(${literal(path)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', ` +
    `new_line = '\\n', columns = {${types}}, hive_partitioning = false)`
  );
}

/** Features stay texts: what a training reads in an attribute of another type is for it to say, as when serving. */
function typedColumns(features: readonly Feature[], rewards: readonly string[]): string {
  const texts = new Set([COLUMN.arm, ...features.map(({ name }) => COLUMN.feature(name))]);
  return columnsOf(features, rewards)
    .map((name) => {
      const identifier = `"${name.replaceAll('"', '""')}"`;
      return texts.has(name) ? identifier : `CAST(${identifier} AS DOUBLE) AS ${identifier}`;
    })
    .join(", ");
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
