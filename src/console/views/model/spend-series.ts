// Spend series: what a campaign has spent and reserved over time, of its shards' reports. Times are kept as coarse as it takes to
// keep no more than MOST_POINTS of them.

import type { ShardReport } from "../../../domain/campaign/control.ts";
import { pendingOf, postedOf } from "../../../domain/money/totals.ts";

export const MOST_POINTS = 400;
const FINEST_MS = 10_000;

export interface SpendPoint {
  readonly atMs: number;
  readonly spent: number;
  readonly reserved: number;
}

export class SpendSeries {
  readonly #shards = new Map<number, { readonly spent: number; readonly reserved: number }>();
  #points: SpendPoint[] = [];
  #stepMs = FINEST_MS;

  /** Reports of a shard come in their order; sums of shards that have not reported yet lack them. */
  take({ shard, atMs, totals: { plan } }: Pick<ShardReport, "shard" | "atMs" | "totals">): void {
    this.#shards.set(shard, { spent: Number(postedOf(plan)), reserved: Number(pendingOf(plan)) });
    const all = [...this.#shards.values()];
    const point = {
      atMs: Math.max(atMs, this.#points.at(-1)?.atMs ?? 0),
      spent: all.reduce((sum, each) => sum + each.spent, 0),
      reserved: all.reduce((sum, each) => sum + each.reserved, 0),
    };
    const last = this.#points.at(-1);
    if (last !== undefined && this.#stepOf(last) === this.#stepOf(point)) this.#points.pop();
    this.#points.push(point);
    if (this.#points.length > MOST_POINTS) this.#coarsen();
  }

  points(): readonly SpendPoint[] {
    return this.#points;
  }

  #stepOf({ atMs }: SpendPoint): number {
    return Math.floor(atMs / this.#stepMs);
  }

  /** The last of each step is kept. */
  #coarsen(): void {
    this.#stepMs *= 2;
    this.#points = this.#points.filter((point, index) => {
      const next = this.#points[index + 1];
      return next === undefined || this.#stepOf(next) !== this.#stepOf(point);
    });
  }
}
