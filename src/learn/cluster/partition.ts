// Partition
// Rows as a clustering sees them, and a way of putting them into groups.

import type { Effects } from "../nouns.ts";

/** Rows as the clustering sees them. */
export interface Seen {
  readonly n: number;
  readonly effects: Effects;
  /** [n, hiddenWidth]; needed by `hidden` only. */
  readonly hidden: Float32Array | null;
}

/** How one fitted partition assigns rows; `drop` gives up groups. */
export interface Partition {
  readonly clusters: number;
  assign(rows: Seen): Int32Array;
  drop(groups: ReadonlySet<number>): Partition;
}
