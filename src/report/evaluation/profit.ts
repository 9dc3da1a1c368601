// Profit: what the added reward is worth less what was spent, by budget, where somebody said what one of the reward is worth.

import { minorPerMajor } from "../../domain/money/currency.ts";
import { whole, decimal, percent, perThousand, signed, type Ranged } from "../../domain/figures.ts";
import type { VerdictTile } from "../page/page.ts";

/** Of one session, in minor units. */
export interface ProfitPoint {
  /** An offer that all get; null for a release's plan. */
  readonly offer: string | null;
  readonly budget: number | null;
  readonly profit: Ranged;
}

export interface ProfitOn {
  readonly label: string;
  readonly rows: number;
  readonly currency: string;
  readonly confidence: number;
}

/** The highest by its estimate; undefined where nothing has a profit. */
export function mostProfitable<T extends { readonly profit: Ranged }>(points: readonly T[]): T | undefined {
  return points.toSorted((a, b) => b.profit.value - a.profit.value)[0];
}

/** A sentence on the highest profit, and what is to be known of it. */
export function profitVerdict(points: readonly ProfitPoint[], on: ProfitOn): VerdictTile {
  const { label, rows, currency, confidence } = on;
  const best = mostProfitable(points);
  if (best === undefined) return { label, kind: "note", value: "Too few rows to tell" };
  const { value, low, high } = best.profit;
  const unit = rows / minorPerMajor(currency);
  const amount = `${signed(unit * value)} ${currency} (${decimal(unit * low)} to ${decimal(unit * high)})`;
  const where =
    best.offer === null
      ? `at a budget of ${perThousand((best.budget ?? 0) / minorPerMajor(currency))} ${currency} for 1,000 sessions`
      : `with ${best.offer} for all`;
  const all =
    points.length === 1
      ? "the only one"
      : best.offer === null
        ? `all ${points.length} budgets`
        : `all ${points.length} offers`;
  const none = best.offer === null ? "No budget pays" : "No offer pays";
  const shared = {
    label,
    hint:
      `On these ${whole(rows)} rows, with its ${percent(confidence, 0)} interval. ` +
      (points.length === 1
        ? ""
        : `It is the highest of ${points.length} estimates, and the highest is flattered a little. `) +
      `Nothing spent is no profit and no loss.`,
  };
  if (low > 0) return { ...shared, kind: "good", value: `Most ${where}: ${amount}` };
  if (value > 0)
    return { ...shared, kind: "note", value: `Most ${where}: ${amount}, which these rows do not tell from nothing` };
  const loses = points.every(({ profit }) => profit.high < 0);
  return {
    ...shared,
    kind: loses ? "bad" : "note",
    value: loses
      ? `${none}: ${all} cost more than they bring; least is lost ${where}: ${amount}`
      : `${none} by its estimate; least is lost ${where}: ${amount}`,
  };
}
