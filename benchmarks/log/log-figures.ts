// What the log benchmark says.

import type { Durability } from "../../src/log/embedded/sqlite/format.ts";
import { quantiles } from "../lib/quantile.ts";

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Peak {
  /** Median, lowest and highest of the rounds. */
  readonly decisionsPerSecond: { readonly median: number; readonly low: number; readonly high: number };
  readonly commitMs: Latency;
}

export interface Paced {
  readonly durability: Durability;
  readonly decisionsPerSecond: number;
  readonly commitMs: Latency;
}

export const CONTENDERS = ["oneTask", "fourTasks", "disk", "process", "bare", "bareBatches"] as const;
export type Contender = (typeof CONTENDERS)[number];

export interface LogFigures {
  readonly decisionsPerCommit: number;
  readonly recordsPerDecision: number;
  readonly bytesPerDecision: number;
  readonly peak: Readonly<Record<Contender, Peak>>;
  readonly paced: readonly Paced[];
  readonly restoreRecordsPerSecond: number;
  /** Sessions a second through poll → commit, three records out for each. */
  readonly passThroughPerSecond: number;
  /** Records of one changelog partition before and after, and how long the compaction of all topics took. */
  readonly compaction: { readonly records: number; readonly kept: number; readonly seconds: number };
}

export function latency(samples: readonly number[]): Latency {
  const of = quantiles(samples);
  const at = (share: number): number => Math.round(of(share) * 100) / 100;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function print(figures: LogFigures): void {
  const { decisionsPerCommit, recordsPerDecision, bytesPerDecision } = figures;
  console.log(
    `${decisionsPerCommit} decisions a commit, ${recordsPerDecision} records and ${bytesPerDecision} bytes each`,
  );
  const line = (name: string, rate: string, ms: Latency): void =>
    console.log(
      `${name.padEnd(20)}${rate.padStart(28)} decisions/s   commit p50 ${ms.p50}, p99 ${ms.p99}, max ${ms.max} ms`,
    );
  for (const [name, row] of Object.entries(figures.peak)) {
    const { median, low, high } = row.decisionsPerSecond;
    line(`peak, ${name}`, `${median} (${low}–${high})`, row.commitMs);
  }
  for (const row of figures.paced) line(`paced, ${row.durability}`, String(row.decisionsPerSecond), row.commitMs);
  const ratio = figures.peak.oneTask.decisionsPerSecond.median / figures.peak.bare.decisionsPerSecond.median;
  console.log(`one task against bare inserts: ${ratio.toFixed(2)}`);
  console.log(`poll → commit: ${figures.passThroughPerSecond} sessions/s`);
  console.log(`restore: ${figures.restoreRecordsPerSecond} records/s`);
  const { records, kept, seconds } = figures.compaction;
  console.log(`compaction: all topics in ${seconds} s; one changelog partition from ${records} records to ${kept}`);
}
