// Power
// Whether a randomised log is large enough to show what is asked of it: by budget, what one mix of arms for everybody brings
// on it, the least gain that it would show, and how many rows a tenth of that mix's gain needs. The mix is chosen on the same
// rows, so its gain is a little flattered: it sizes a log, and is no result.

import { itemAt } from "../../domain/assert.ts";
import { measurePolicies, policyTotals, type PolicySums } from "./policy-value.ts";
import type { BootstrapOptions, Interval } from "./bootstrap.ts";
import { oneArm, sumGroupPolicies, type GroupedRows } from "./grouped.ts";
import { envelopeOf, mixThatSpends } from "./one-mix.ts";

/** Per row; money in minor units. */
export interface PowerAtBudget {
  readonly budgetPerSession: number;
  /** Shares of the arms. */
  readonly mix: readonly number[];
  readonly gain: Interval;
  /** A true gain of this size is told from none in four logs of five. */
  readonly leastGain: number;
  /** Rows in which a difference of a tenth of the gain is told from none as surely; null where there is no gain. */
  readonly rowsForTenth: number | null;
}

/** Normal quantile of a power of .8. */
const Z_POWER = 0.8416;
const Z95 = 1.96;
const TENTH = 0.1;

/** At so many budgets, up to what the dearest arm worth giving costs. `everybody`: all rows as one group. */
export function powerByBudget(everybody: GroupedRows, points: number, options: BootstrapOptions): PowerAtBudget[] {
  const arms = everybody.arms;
  const each = Array.from({ length: arms }, (_, arm) => oneArm(arms, arm));
  const armSums = sumGroupPolicies(
    everybody,
    each.map((shares, arm) => ({ name: `arm ${arm}`, shares: [shares] })),
  );
  const means = each.map((_, arm) => meansOf(armSums, arm + 1));
  const costs = means.map(({ cost }) => cost);
  const path = envelopeOf(means);
  const top = itemAt(costs, itemAt(path, path.length - 1));
  if (!(top > 0)) return [];
  const budgets = Array.from({ length: points }, (_, at) => (top * (at + 1)) / points);
  const mixes = budgets.map((budget) => mixThatSpends(path, costs, budget));
  const sums = sumGroupPolicies(
    everybody,
    mixes.map((shares, at) => ({ name: `mix ${at}`, shares: [shares] })),
  );
  const { rows } = policyTotals(sums, 0);
  const { values } = measurePolicies(sums, options);
  return budgets.flatMap((budgetPerSession, at) => {
    const gain = values[at + 1]?.incremental;
    const mix = mixes[at];
    if (gain === undefined || mix === undefined) return [];
    const leastGain = ((Z95 + Z_POWER) * (gain.high - gain.low)) / (2 * Z95);
    const rowsForTenth = gain.value > 0 ? Math.ceil(rows * (leastGain / (TENTH * gain.value)) ** 2) : null;
    return [{ budgetPerSession, mix, gain, leastGain, rowsForTenth }];
  });
}

/** Self-normalised, as the log has them. */
function meansOf(sums: PolicySums, policy: number): { readonly reward: number; readonly cost: number } {
  const { weight, reward, cost } = policyTotals(sums, policy);
  return weight > 0 ? { reward: reward / weight, cost: cost / weight } : { reward: 0, cost: 0 };
}
