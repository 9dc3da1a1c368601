// Balance figures: what a log's randomisation test found, as its section of a page is given it.

import type { Randomisation } from "../../learn/check/randomisation/figures.ts";
import type { BalanceFigures } from "../../report/training/balance-section.ts";

/** Two-sided, normal. */
const Z95 = 1.96;

export function balanceFigures({ tested }: Randomisation, arms: readonly string[]): BalanceFigures | null {
  if (tested === null) return null;
  const { sampleRatio, rows, strata } = tested;
  return {
    sampleRatioP: sampleRatio?.p ?? null,
    rows,
    strata,
    arms: tested.arms.map(({ arm, rows: compared, auc, differences }) => ({
      arm: arms[arm] ?? "",
      rows: compared,
      auc: auc === null ? null : { value: auc.value, low: auc.value - Z95 * auc.se, high: auc.value + Z95 * auc.se },
      differences: differences.map(({ feature, category, smd }) => ({
        feature: category === null ? feature : `${feature} (${category})`,
        smd,
      })),
      chance: Z95 * (differences[0]?.se ?? 0),
    })),
  };
}
