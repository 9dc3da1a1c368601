// Shard board: the latest report of each campaign's shards.

import type { ShardReport } from "../../domain/control.ts";

export class ShardBoard {
  readonly #reports = new Map<string, Map<number, ShardReport>>();

  take(report: ShardReport): void {
    let shards = this.#reports.get(report.campaign);
    if (shards === undefined) this.#reports.set(report.campaign, (shards = new Map<number, ShardReport>()));
    shards.set(report.shard, report);
  }

  forget(campaign: string): void {
    this.#reports.delete(campaign);
  }

  of(campaign: string): readonly ShardReport[] {
    return [...(this.#reports.get(campaign)?.values() ?? [])].toSorted((a, b) => a.shard - b.shard);
  }

  /** That reached the draw since the campaign began; null before any shard has reported. */
  eligibleSessions(campaign: string): number | null {
    const reports = this.of(campaign);
    return reports.length === 0 ? null : reports.reduce((sum, report) => sum + report.eligibleSessions, 0);
  }

  /** Sums of the shards that have the release; null when none has. */
  cells(campaign: string, release: string): Cells | null {
    const reports = this.of(campaign).filter((report) => report.release === release);
    const [first] = reports;
    if (first === undefined) return null;
    const sum = (listOf: (report: ShardReport) => readonly number[]): number[] =>
      listOf(first).map((_, index) => reports.reduce((total, report) => total + (listOf(report)[index] ?? 0), 0));
    return {
      sessionsByCluster: sum((report) => report.sessionsByCluster),
      planned: sum((report) => report.cells.planned),
      given: sum((report) => report.cells.given),
    };
  }
}

/** Of cluster × arm: cluster × arms + arm. */
export interface Cells {
  readonly sessionsByCluster: readonly number[];
  /** Sessions × planned share. */
  readonly planned: readonly number[];
  readonly given: readonly number[];
}
