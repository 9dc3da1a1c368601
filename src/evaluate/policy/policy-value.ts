// Policy value
// What a policy would have brought on a randomised log, without having been served.
//
// EOM, the expected outcome metric (Zhao, Fang and Simchi-Levi 2017, "Uplift modeling with multiple treatments and general
// response types"): the mean over all rows of reward / propensity where the logged arm is the policy's, and 0 elsewhere.
// Here the policy may draw its arm: a row counts with w = share of the logged arm / its propensity, the same for a policy
// that is sure. EOM = Σ w y / n is unbiased. Beside it the self-normalised mean Σ w y / Σ w (Hájek): a little biased, and
// steadier where weights vary much.
//
// Invariants:
//   1. Every policy is measured on the same rows and the same draws; `incremental` is paired with the control for all.
//   2. No figure is NaN or infinite. A policy that no row can speak for has no value: asking for it is refused by name.

import { InvalidInput } from "../../domain/campaign.ts";
import { must } from "../../domain/assert.ts";
import { bootstrap, emptyLots, lotOf, LOTS, type BootstrapOptions, type Interval, type LotSums } from "./bootstrap.ts";
import { checkPolicy, checkRows, oneArmForAll, type LoggedRows, type Policy } from "./logged.ts";

export type { BootstrapOptions, Interval } from "./bootstrap.ts";

/** Per row. */
export interface Value {
  readonly reward: Interval;
  /** Minor units. */
  readonly cost: Interval;
  /** Reward minus that of the control for all, paired. */
  readonly incremental: Interval;
}

/** By EOM, and self-normalised beside it. */
export interface PolicyValue extends Value {
  readonly name: string;
  /** Null where the log has no row that the policy or the control would give. */
  readonly selfNormalised: Value | null;
  /** (Σ w)² / Σ w²: how many rows of equal weight would know as much. */
  readonly effectiveRows: number;
  /**
   * Mean of w, which is 1 up to chance when the log could give every arm that the policy gives. Below it, the policy
   * does what the log never did, and EOM is too low by what that would have brought.
   */
  readonly meanWeight: Interval;
}

/** What all figures of some policies follow from. The first policy is the control for all. */
export interface PolicySums {
  readonly names: readonly string[];
  /** Column 0: rows. Then for each policy Σ w, Σ w × reward, Σ w × cost. */
  readonly sums: LotSums;
  /** Of each policy Σ w² over all rows. */
  readonly squares: Float64Array;
}

/** Columns of a policy. */
export const PER_POLICY = 3;
export const CONTROL = "control for all";

/** Throws InvalidInput for rows or shares that are none, and for a policy that no row can speak for. */
export function policyValues(rows: LoggedRows, policies: readonly Policy[], options: BootstrapOptions): PolicyValue[] {
  const values = valuesOf(sumPolicies(rows, policies, options.seed), options);
  return policies.map(({ name }, index) => {
    const value = values[index + 1];
    if (value) return value;
    throw new InvalidInput(
      `policy ${name}: none of the ${rows.n} rows got an arm that it gives, so the log says nothing of its value`,
    );
  });
}

/** Reward of a minus reward of b, per row, by EOM on the same draws. */
export function differenceOf(rows: LoggedRows, a: Policy, b: Policy, options: BootstrapOptions): Interval {
  return must(differencesOf(sumPolicies(rows, [a, b], options.seed), [[1, 2]], options)[0], "the difference").reward;
}

/** Sums in memory, for policies that differ from row to row; grouped.ts has those that give a group what a plan says. */
export function sumPolicies(rows: LoggedRows, policies: readonly Policy[], seed: number): PolicySums {
  checkRows(rows);
  for (const policy of policies) checkPolicy(policy, rows);
  const all = [oneArmForAll(CONTROL, rows, 0), ...policies];
  const { n, arms } = rows;
  const own = rows.unit === undefined && n <= LOTS;
  const sums = emptyLots(own ? n : LOTS, 1 + PER_POLICY * all.length);
  const squares = new Float64Array(all.length);
  const { values, columns, lots } = sums;
  for (let row = 0; row < n; row += 1) {
    const base = (own ? row : lotOf(rows.unit?.[row] ?? row, seed, lots)) * columns;
    values[base] = (values[base] ?? 0) + 1;
    const cell = row * arms + (rows.arm[row] ?? 0);
    all.forEach(({ shares }, index) => {
      const weight = (shares[cell] ?? 0) / (rows.propensity[row] ?? 1);
      if (weight === 0) return;
      const at = base + 1 + PER_POLICY * index;
      values[at] = (values[at] ?? 0) + weight;
      values[at + 1] = (values[at + 1] ?? 0) + weight * (rows.reward[row] ?? 0);
      values[at + 2] = (values[at + 2] ?? 0) + weight * (rows.cost[row] ?? 0);
      squares[index] = (squares[index] ?? 0) + weight * weight;
    });
  }
  return { names: all.map(({ name }) => name), sums, squares };
}

/** One figure of each: EOM's reward, cost and increment, the same self-normalised, the mean weight. */
const STATISTICS = 7;

/** By policy, the control first; null where no row speaks for it. */
export function valuesOf({ names, sums, squares }: PolicySums, options: BootstrapOptions): (PolicyValue | null)[] {
  const intervals = bootstrap(sums, (totals) => statisticsOf(totals, names.length), options);
  return names.map((name, index) => {
    const [reward, cost, incremental, reward1, cost1, incremental1, meanWeight] = intervals.slice(index * STATISTICS);
    const square = squares[index] ?? 0;
    if (!(square > 0) || !reward || !cost || !incremental || !meanWeight) return null;
    const selfNormalised =
      reward1 && cost1 && incremental1 ? { reward: reward1, cost: cost1, incremental: incremental1 } : null;
    const effectiveRows = (meanWeight.value * rowsIn(sums)) ** 2 / square;
    return { name, reward, cost, incremental, selfNormalised, effectiveRows, meanWeight };
  });
}

/** Of pairs of policies (by position), the first minus the second: reward and cost by EOM, on the same draws. */
export function differencesOf(
  { sums }: PolicySums,
  pairs: readonly (readonly [number, number])[],
  options: BootstrapOptions,
): { reward: Interval; cost: Interval }[] {
  const mean = (totals: Float64Array, policy: number, column: number): number =>
    (totals[1 + PER_POLICY * policy + column] ?? 0) / (totals[0] ?? 0);
  const intervals = bootstrap(
    sums,
    (totals) => pairs.flatMap(([a, b]) => [1, 2].map((column) => mean(totals, a, column) - mean(totals, b, column))),
    options,
  );
  return pairs.map((_, index) => ({
    reward: must(intervals[2 * index], "the difference in reward"),
    cost: must(intervals[2 * index + 1], "the difference in cost"),
  }));
}

function statisticsOf(totals: Float64Array, policies: number): Float64Array {
  const out = new Float64Array(policies * STATISTICS);
  const rows = totals[0] ?? 0;
  const weight0 = totals[1] ?? 0;
  const reward0 = totals[2] ?? 0;
  for (let policy = 0; policy < policies; policy += 1) {
    const [weight = 0, reward = 0, cost = 0] = totals.subarray(1 + PER_POLICY * policy, 1 + PER_POLICY * (policy + 1));
    const means = [reward / rows, cost / rows, (reward - reward0) / rows];
    // 0 / 0 is NaN: the replicate does not give the figure.
    const normalised = [reward / weight, cost / weight, reward / weight - reward0 / weight0];
    out.set([...means, ...normalised, weight / rows], policy * STATISTICS);
  }
  return out;
}

function rowsIn({ lots, columns, values }: LotSums): number {
  let rows = 0;
  for (let lot = 0; lot < lots; lot += 1) rows += values[lot * columns] ?? 0;
  return rows;
}
