// Importance
// Which features drive a policy: permutation importance (Breiman 2001) of the policy's value. It is how much less the plan
// would have brought on the log's rows, had one feature's values been dealt out among the users by chance. Reward is EOM.

import { must } from "../../domain/assert.ts";
import { sharesAt } from "../../domain/release/frontier.ts";
import type { Frontier } from "../../domain/release/release.ts";
import {
  allTotals,
  emptyLots,
  intervalOf,
  minus,
  replicate,
  type BootstrapOptions,
  type Interval,
} from "./bootstrap.ts";
import { cellAt, sumGroupPolicies, type GroupedRows } from "./grouped.ts";
import { PER_POLICY, type PolicySums } from "./policy-value.ts";

/** Per row. */
export interface FeatureImportance {
  readonly feature: string;
  /** Reward of the plan less that of the plan on shuffled values, at the same spend. */
  readonly fall: Interval;
  /** How many of the rows came into another cluster; of none the fall is nothing. */
  readonly movedShare: number;
}

/** Rows with one feature's values dealt out anew, by the clusters that they are then taken for; once for each repeat. */
export interface ShuffledRows {
  readonly feature: string;
  readonly movedShare: number;
  readonly repeats: readonly GroupedRows[];
}

/**
 * What follows from the rows as they are: the plan at its position, and what it spends on them. Shuffling a feature moves
 * users between clusters, and with them the spend. So on shuffled rows the plan is read where it spends the same, like the
 * one mix for all (judge.ts): otherwise a shuffle that makes the plan dearer would look like one that makes it better.
 */
export class PlanImportance {
  readonly #frontier: Frontier;
  readonly #position: number;
  readonly #options: BootstrapOptions;
  readonly #plan: PolicySums;
  readonly #spend: number;

  constructor(rows: GroupedRows, frontier: Frontier, position: number, options: BootstrapOptions) {
    this.#frontier = frontier;
    this.#position = position;
    this.#options = options;
    this.#plan = this.#sumsAt(rows, position);
    this.#spend = spendAt(frontier, position, rows, allTotals(rows.sums));
  }

  /** The rows of all repeats are the same rows in the same lots as those as they are; the fall is of the same draws. */
  of({ feature, movedShare, repeats }: ShuffledRows): FeatureImportance {
    if (movedShare === 0) return { feature, movedShare, fall: { value: 0, low: 0, high: 0, se: 0 } };
    const each = repeats.map((rows) => this.#sumsAt(rows, this.#positionThatSpends(rows)));
    const { lots, columns, values } = this.#plan.sums;
    // Rows, the plan's reward, and the mean of the repeats'.
    const sums = emptyLots(lots, 3);
    for (let lot = 0; lot < lots; lot += 1) {
      const at = lot * columns;
      const reward = (of: PolicySums): number => of.sums.values[at + REWARD]!;
      const mean = each.reduce((sum, shuffled) => sum + reward(shuffled), 0) / each.length;
      sums.values.set([values[at]!, reward(this.#plan), mean], lot * 3);
    }
    const drawn = replicate(sums, ([rows = 0, own = 0, other = 0]) => [own / rows, other / rows], this.#options);
    const fall = minus(must(drawn[0], "the plan"), must(drawn[1], "the shuffled plan"));
    return { feature, movedShare, fall: must(intervalOf(fall, this.#options.confidence), "a fall") };
  }

  #sumsAt(rows: GroupedRows, position: number): PolicySums {
    const shares = Array.from({ length: rows.groups }, (_, cluster) => sharesAt(this.#frontier, position, cluster));
    return sumGroupPolicies(rows, [{ name: "the plan", shares }]);
  }

  /** Of the positions at which it does, the nearest to the plan's own; the dearest row where none does. */
  #positionThatSpends(rows: GroupedRows): number {
    const last = this.#frontier.rows.length - 1;
    const totals = allTotals(rows.sums);
    const spends = this.#frontier.rows.map((_, row) => spendAt(this.#frontier, row, rows, totals));
    const spend = (row: number): number => must(spends[row], "a row's spend");
    let found: number | null = null;
    for (let row = 0; row <= last; row += 1) {
      const fraction = crossing(spend(row), spend(Math.min(row + 1, last)), this.#spend);
      if (fraction === null) continue;
      const position = row + fraction;
      if (found === null || Math.abs(position - this.#position) < Math.abs(found - this.#position)) found = position;
    }
    return found ?? spends.indexOf(Math.max(...spends));
  }
}

function spendAt(frontier: Frontier, position: number, { groups, arms }: GroupedRows, totals: Float64Array): number {
  let spend = 0;
  for (let group = 0; group < groups; group += 1)
    sharesAt(frontier, position, group).forEach((share, arm) => {
      spend += share * totals[cellAt(group * arms + arm) + 2]!;
    });
  return spend;
}

/** Column of the plan's reward: after the rows and the control's three come the plan's weight and its reward. */
const REWARD = 1 + PER_POLICY + 1;

/** How far from one spend to the next the third lies; null where it lies outside. */
function crossing(from: number, to: number, at: number): number | null {
  if (from === at) return 0;
  if (at < Math.min(from, to) || at > Math.max(from, to) || from === to) return null;
  return (at - from) / (to - from);
}
