// Shard board: the latest report of each campaign's shards, and what they have spent over time.

import type { ShardReport } from "../../../domain/campaign/control.ts";
import { SpendSeries, type SpendPoint } from "./spend-series.ts";

/** Whoever may write to the topic may name any campaign and any shard. */
const MOST_CAMPAIGNS = 500;
const MOST_SHARDS = 1_024;

export class ShardBoard {
  readonly #reports = new Map<string, Map<number, ShardReport>>();
  readonly #spend = new Map<string, SpendSeries>();
  readonly #history = new Map<string, readonly SpendPoint[]>();

  take(report: ShardReport): void {
    const { campaign, shard } = report;
    const shards = this.#reports.get(campaign) ?? new Map<number, ShardReport>();
    if (!shards.has(shard) && shards.size >= MOST_SHARDS) return;
    if (!this.#reports.has(campaign) && this.#reports.size >= MOST_CAMPAIGNS) return;
    this.#reports.set(campaign, shards);
    shards.set(shard, report);
    const spend = this.#spend.get(campaign) ?? new SpendSeries();
    this.#spend.set(campaign, spend);
    spend.take(report);
  }

  forget(campaign: string): void {
    this.#reports.delete(campaign);
    this.#spend.delete(campaign);
    this.#history.delete(campaign);
  }

  /** What was before reports were followed. */
  setHistory(campaign: string, points: readonly SpendPoint[]): void {
    if (this.#spend.has(campaign)) this.#history.set(campaign, points);
  }

  /** As far back as reports are followed, or its history goes. */
  spend(campaign: string): readonly SpendPoint[] {
    const before = this.#history.get(campaign) ?? [];
    const lastMs = before.at(-1)?.atMs ?? 0;
    return [...before, ...(this.#spend.get(campaign)?.points() ?? []).filter(({ atMs }) => atMs > lastMs)];
  }

  /** When each shard was heard last, of whichever campaign. */
  heard(): ReadonlyMap<number, number> {
    const heard = new Map<number, number>();
    for (const shards of this.#reports.values())
      for (const [shard, { atMs }] of shards) heard.set(shard, Math.max(atMs, heard.get(shard) ?? 0));
    return heard;
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
  cells(campaign: string, release: string): SegmentCells | null {
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
export interface SegmentCells {
  readonly sessionsByCluster: readonly number[];
  /** Sessions × planned share. */
  readonly planned: readonly number[];
  readonly given: readonly number[];
}
