// What the takeover benchmark says, from the takeovers that it saw.

import { median, quantiles } from "../lib/quantile.ts";
import type { Restored } from "../lib/stipend.ts";

export interface Distribution {
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  readonly all: readonly number[];
}

export interface TakeoverFigures {
  readonly sessionTimeoutMs: number;
  readonly users: number;
  readonly warmMs: Distribution;
  readonly coldMs: Distribution;
  readonly standbyMs: Distribution;
  /** Of what a cold takeover restores; medians. */
  readonly restore: {
    readonly records: number;
    readonly megabytes: number;
    readonly ms: number;
    readonly recordsPerSecond: number;
  };
  /** From a process's start to its last copy, and what the copies of a process restore; medians. */
  readonly copyMs: number;
}

export function distribution(values: readonly number[]): Distribution {
  const at = quantiles(values);
  return { p50: Math.round(at(0.5)), p90: Math.round(at(0.9)), max: at(1), all: values };
}

/** Partitions are restored side by side. */
export function together(restored: readonly Restored[]): { records: number; bytes: number; ms: number } {
  return {
    records: restored.reduce((sum, { records }) => sum + records, 0),
    bytes: restored.reduce((sum, { bytes }) => sum + bytes, 0),
    ms: Math.max(0, ...restored.map(({ ms }) => ms)),
  };
}

export function restoreOf(takeovers: readonly (readonly Restored[])[]): TakeoverFigures["restore"] {
  const all = takeovers.map(together);
  return {
    records: Math.round(median(all.map(({ records }) => records))),
    megabytes: Math.round(median(all.map(({ bytes }) => bytes / 1e5))) / 10,
    ms: Math.round(median(all.map(({ ms }) => ms))),
    recordsPerSecond: Math.round(median(all.map(({ records, ms }) => (records * 1_000) / Math.max(1, ms)))),
  };
}

export function textOf(figures: TakeoverFigures): string {
  const { sessionTimeoutMs, users, warmMs, coldMs, standbyMs, restore, copyMs } = figures;
  const line = (name: string, { p50, p90, max, all }: Distribution): string =>
    `${name.padEnd(8)} p50 ${p50} ms, p90 ${p90} ms, max ${max} ms over ${all.length} kills`;
  return [
    `${users} users; the session time-out, which governs it, is ${sessionTimeoutMs} ms`,
    line("warm", warmMs),
    line("cold", coldMs),
    line("standby", standbyMs),
    `a cold takeover restores ${restore.records} records, ${restore.megabytes} MB in ${restore.ms} ms: ` +
      `${restore.recordsPerSecond} records a second`,
    `a new process that stands by has its share and its copies after ${copyMs} ms`,
  ].join("\n");
}
