// Arm ranking
// How well a release's clusters rank users for each arm by itself, on the log's rows: AUCC and Qini of curves.ts, with
// intervals. The score of a user is what the release says of the user's cluster: for AUCC its further reward under the arm
// over its further cost, for Qini its further reward. A cluster is one point of the curve; the uplift curve itself is told
// at fixed shares of the users, so that its replicates can be held against one another.

import { must } from "../../domain/assert.ts";
import type { ClusterValues } from "../../domain/release/release.ts";
import { bootstrap, type BootstrapOptions, type Interval } from "./bootstrap.ts";
import { aucc, qini, upliftAt, type CurveSums, type ScoredGroup } from "./curves.ts";
import { cellAt, type GroupedRows } from "./grouped.ts";

/** One arm against the control. Null where the log cannot say it (curves.ts). */
export interface ArmRanking {
  readonly arm: string;
  readonly aucc: Interval | null;
  readonly qini: Interval | null;
  /** The uplift curve that Qini is of, from nobody to everybody; empty where the log cannot say it. */
  readonly curve: readonly UpliftPoint[];
}

/** What treating this share of the users, the highest scores first, would have brought more than treating nobody, per user. */
export interface UpliftPoint extends Interval {
  readonly share: number;
}

const STEPS = 20;
/** Of the users; at none there is nothing to draw. */
const SHARES: readonly number[] = Array.from({ length: STEPS }, (_, step) => (step + 1) / STEPS);
const PER_ARM = 2 + STEPS;
const NOBODY: UpliftPoint = { share: 0, value: 0, low: 0, high: 0, se: 0 };

/** Each arm but the control; they are not to be added up to a measure of a policy. */
export function rankArms(
  grouped: GroupedRows,
  values: Pick<ClusterValues, "reward" | "cost">,
  arms: readonly string[],
  options: BootstrapOptions,
): ArmRanking[] {
  const scores = arms.map((_, arm) => scoresOf(values, arm));
  const intervals = bootstrap(
    grouped.sums,
    (totals) =>
      arms.slice(1).flatMap((_, index) => {
        const { forMoney, reward } = must(scores[index + 1], "scores");
        const byReward = scoredGroups(grouped, totals, reward, index + 1);
        return [
          aucc(scoredGroups(grouped, totals, forMoney, index + 1)) ?? Number.NaN,
          qini(byReward) ?? Number.NaN,
          ...upliftAt(byReward, SHARES),
        ];
      }),
    options,
  );
  return arms.slice(1).map((arm, index) => ({
    arm,
    aucc: intervals[PER_ARM * index] ?? null,
    qini: intervals[PER_ARM * index + 1] ?? null,
    curve: curveFrom(intervals.slice(PER_ARM * index + 2, PER_ARM * (index + 1))),
  }));
}

function curveFrom(intervals: readonly (Interval | null)[]): UpliftPoint[] {
  const points = intervals.flatMap((interval, step) =>
    interval === null ? [] : [{ share: must(SHARES[step], "a share"), ...interval }],
  );
  return points.length < STEPS ? [] : [NOBODY, ...points];
}

/** By cluster. An arm that costs no more is worth any money where it brings more, and none where it does not. */
function scoresOf(
  values: Pick<ClusterValues, "reward" | "cost">,
  arm: number,
): { readonly forMoney: number[]; readonly reward: number[] } {
  const over = (table: readonly (readonly number[])[]): number[] => table.map((row) => row[arm]! - row[0]!);
  const [reward, cost] = [over(values.reward), over(values.cost)];
  const forMoney = reward.map((gain, cluster) => {
    const price = cost[cluster]!;
    if (price > 0) return gain / price;
    return gain > 0 ? Infinity : -Infinity;
  });
  return { forMoney, reward };
}

function scoredGroups(
  { groups, arms }: GroupedRows,
  totals: Float64Array,
  scores: readonly number[],
  arm: number,
): ScoredGroup[] {
  const sumsOf = (group: number, given: number): CurveSums => {
    const at = cellAt(group * arms + given);
    return { weight: totals[at]!, reward: totals[at + 1]!, cost: totals[at + 2]! };
  };
  return Array.from({ length: groups }, (_, group) => ({
    score: scores[group]!,
    treated: sumsOf(group, arm),
    control: sumsOf(group, 0),
  }));
}
