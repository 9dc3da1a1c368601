// Columns
// What a tree may split: a number, one category against the others, the arm. Each is drawn by itself, as if categories were
// columns of zeros and ones, though all of a feature share one histogram.

import type { Random } from "../../domain/random.ts";
import { shuffled } from "../shuffle.ts";
import type { BinnedFeature } from "./bins.ts";

export interface Column {
  readonly feature: number;
  /** The category or arm that is told from all others; null: in the order of the bins. */
  readonly bin: number | null;
}

/** The columns of one feature that a tree may split. */
export interface DrawnColumns {
  readonly feature: number;
  readonly inOrder: boolean;
  readonly alone: readonly number[];
}

/** Those that can be split at all. A nominal arm is told apart in its order as well, so that neighbours can go together. */
export function columnsOf(features: readonly BinnedFeature[], isArmSeen: boolean): Column[] {
  return features.flatMap((feature, at): Column[] => {
    if (feature.bins < 2 || (feature.kind === "arm" && !isArmSeen)) return [];
    const inOrder: Column = { feature: at, bin: null };
    if (feature.kind === "number" || (feature.kind === "arm" && feature.ordered)) return [inOrder];
    const own = feature.kind === "category" ? feature.bins - 1 : feature.bins;
    const alone = Array.from({ length: own }, (_, bin): Column => ({ feature: at, bin }));
    return feature.kind === "arm" ? [inOrder, ...alone] : alone;
  });
}

/** A share of them, one at least, by feature. */
export function drawColumns(columns: readonly Column[], share: number, random: Random): DrawnColumns[] {
  const count = Math.min(columns.length, Math.max(1, Math.round(columns.length * share)));
  const drawn = Array.from(shuffled(columns.length, random).subarray(0, count).sort(), (at) => columns[at]!);
  const byFeature = Map.groupBy(drawn, ({ feature }) => feature);
  return [...byFeature].map(([feature, some]) => ({
    feature,
    inOrder: some.some(({ bin }) => bin === null),
    alone: some.flatMap(({ bin }) => (bin === null ? [] : [bin])),
  }));
}
