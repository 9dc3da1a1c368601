// Policy value
// What a policy would have brought on a randomised log, without having been served: EOM, the expected outcome metric (Zhao,
// Fang and Simchi-Levi 2017, "Uplift modeling with multiple treatments and general response types"). Beside it stands the
// self-normalised mean (Hájek).
//
// Invariants:
//   1. Every policy is measured on the same rows and the same draws; `incremental` is paired with the control for all.
//   2. No figure is NaN or infinite. A policy that no row can speak for has no value: asking for it is refused by name.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { must } from "../../domain/assert.ts";
import {
  emptyLots,
  intervalOf,
  lotOf,
  LOTS,
  minus,
  replicate,
  type BootstrapOptions,
  type Interval,
  type LotSums,
  type Replicated,
} from "./bootstrap.ts";
import { checkPolicy, checkLoggedRows, oneArmForAll, type LoggedRows, type Policy } from "./logged.ts";

export type { BootstrapOptions, Interval } from "./bootstrap.ts";

/** Per row. */
export interface Value {
  readonly reward: Interval;
  /** Minor units. */
  readonly cost: Interval;
  /** Reward minus that of the control for all, paired. */
  readonly incremental: Interval;
}

/**
 * EOM: the mean over all n rows of w y, unbiased. y is the reward; w is the policy's share of the logged arm / its propensity,
 * also for a policy that draws its arm. Beside it the self-normalised mean Σ w y / Σ w: a little biased, and steadier where
 * weights vary much.
 */
export interface PolicyValue extends Value {
  readonly name: string;
  /** Null where the log has no row that the policy or the control would give. */
  readonly selfNormalised: Value | null;
  /** Incremental reward for each minor unit spent; null for a policy that spends nothing. */
  readonly incrementalPerCost: Interval | null;
  /** Worth of the incremental reward less the cost; null where nobody said what one of the reward is worth. */
  readonly profit: Interval | null;
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
  const values = measuredValues(sumPolicies(rows, policies, options.seed), options);
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
  checkLoggedRows(rows);
  for (const policy of policies) checkPolicy(policy, rows);
  const all = [oneArmForAll(CONTROL, rows, 0), ...policies];
  const { n, arms } = rows;
  const own = rows.unit === undefined && n <= LOTS;
  const into = emptySums(
    all.map(({ name }) => name),
    own ? n : LOTS,
  );
  for (let row = 0; row < n; row += 1) {
    const lot = own ? row : lotOf(rows.unit?.[row] ?? row, seed, LOTS);
    countRow(into, lot);
    const cell = row * arms + rows.arm[row]!;
    all.forEach(({ shares }, index) => {
      const weight = shares[cell]! / rows.propensity[row]!;
      if (weight > 0) addWeighted(into, lot, index, weight, rows.reward[row]!, rows.cost[row]!);
    });
  }
  return into;
}

export function emptySums(names: readonly string[], lots: number): PolicySums {
  const sums = emptyLots(lots, 1 + PER_POLICY * names.length);
  return { names, sums, squares: new Float64Array(names.length) };
}

/** Every row counts, whether it speaks for a policy or not. */
export function countRow({ sums: { values, columns } }: PolicySums, lot: number): void {
  values[lot * columns]! += 1;
}

/** What a row says of the policy at this position; `weight` is share / propensity of the arm it got. */
export function addWeighted(
  { sums: { values, columns }, squares }: PolicySums,
  lot: number,
  policy: number,
  weight: number,
  reward: number,
  cost: number,
): void {
  const at = lot * columns + 1 + PER_POLICY * policy;
  values[at]! += weight;
  values[at + 1]! += weight * reward;
  values[at + 2]! += weight * cost;
  squares[policy]! += weight * weight;
}

/** What is drawn of each policy, in this order; OWN: reward, cost and increment again, self-normalised. */
const [REWARD, COST, INCREMENTAL, OWN, MEAN_WEIGHT, PER_COST] = [0, 1, 2, 3, 6, 7];
const STATISTICS = 8;

export interface MeasuredPolicies {
  /** By position in the sums, the control first; null where no row speaks for a policy. */
  readonly values: readonly (PolicyValue | null)[];
  /** The policy at the first position minus that at the second: EOM per row, on the same draws. */
  difference(a: number, b: number): { readonly reward: Interval; readonly cost: Interval };
}

/** `worth`: minor units that one of the reward is worth; null where nobody said. */
export function measurePolicies(
  policySums: PolicySums,
  options: BootstrapOptions,
  worth: number | null = null,
): MeasuredPolicies {
  const { names, sums, squares } = policySums;
  const rows = policyTotals(policySums, 0).rows;
  const drawn = replicate(sums, (totals) => statisticsOf(totals, names.length), options);
  const of = (policy: number, statistic: number): Replicated => must(drawn[policy * STATISTICS + statistic], "policy");
  const interval = (policy: number, statistic: number): Interval | null =>
    intervalOf(of(policy, statistic), options.confidence);
  const gap = (a: number, b: number, statistic: number): Interval =>
    must(intervalOf(minus(of(a, statistic), of(b, statistic)), options.confidence), "a difference");
  return {
    values: names.map((name, policy) =>
      valueOf(name, squares[policy]!, {
        rows,
        interval: (at) => interval(policy, at),
        profit: worth === null ? null : profitOf(of(policy, INCREMENTAL), of(policy, COST), worth, options.confidence),
      }),
    ),
    difference: (a, b) => ({ reward: gap(a, b, REWARD), cost: gap(a, b, COST) }),
  };
}

/** Of the same draws: where the reward came out high, so did what redeemed for it. */
function profitOf(incremental: Replicated, cost: Replicated, worth: number, confidence: number): Interval | null {
  const drawn = incremental.drawn.map((more, index) => worth * more - (cost.drawn[index] ?? Number.NaN));
  return intervalOf({ value: worth * incremental.value - cost.value, drawn }, confidence);
}

interface Drawn {
  readonly rows: number;
  readonly interval: (statistic: number) => Interval | null;
  readonly profit: Interval | null;
}

function valueOf(name: string, square: number, { rows, interval, profit }: Drawn): PolicyValue | null {
  if (!(square > 0)) return null;
  const known = (statistic: number): Interval => must(interval(statistic), `a figure of ${name}`);
  const [reward, cost, incremental] = [interval(OWN), interval(OWN + 1), interval(OWN + 2)];
  const meanWeight = known(MEAN_WEIGHT);
  return {
    name,
    reward: known(REWARD),
    cost: known(COST),
    incremental: known(INCREMENTAL),
    selfNormalised: reward && cost && incremental ? { reward, cost, incremental } : null,
    incrementalPerCost: interval(PER_COST),
    profit,
    effectiveRows: (meanWeight.value * rows) ** 2 / square,
    meanWeight,
  };
}

export function measuredValues(sums: PolicySums, options: BootstrapOptions): readonly (PolicyValue | null)[] {
  return measurePolicies(sums, options).values;
}

/** Of pairs of policies (by position), the first minus the second. */
export function differencesOf(
  sums: PolicySums,
  pairs: readonly (readonly [number, number])[],
  options: BootstrapOptions,
): { readonly reward: Interval; readonly cost: Interval }[] {
  const measured = measurePolicies(sums, options);
  return pairs.map(([a, b]) => measured.difference(a, b));
}

/** Over all rows. */
export function policyTotals(
  { sums: { lots, columns, values } }: PolicySums,
  policy: number,
): { readonly rows: number; readonly weight: number; readonly reward: number; readonly cost: number } {
  const sum = (column: number): number => {
    let total = 0;
    for (let lot = 0; lot < lots; lot += 1) total += values[lot * columns + column]!;
    return total;
  };
  const at = 1 + PER_POLICY * policy;
  return { rows: sum(0), weight: sum(at), reward: sum(at + 1), cost: sum(at + 2) };
}

function statisticsOf(totals: Float64Array, policies: number): Float64Array {
  const out = new Float64Array(policies * STATISTICS);
  const rows = totals[0]!;
  const weight0 = totals[1]!;
  const reward0 = totals[2]!;
  for (let policy = 0; policy < policies; policy += 1) {
    const [weight = 0, reward = 0, cost = 0] = totals.subarray(1 + PER_POLICY * policy, 1 + PER_POLICY * (policy + 1));
    const means = [reward / rows, cost / rows, (reward - reward0) / rows];
    // 0 / 0 is NaN: the replicate does not give the figure.
    const normalised = [reward / weight, cost / weight, reward / weight - reward0 / weight0];
    out.set([...means, ...normalised, weight / rows, (reward - reward0) / cost], policy * STATISTICS);
  }
  return out;
}
