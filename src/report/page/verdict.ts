// Verdict: whether telling users apart pays, as the first tile of a page.

import { minorPerMajor } from "../../domain/money/currency.ts";
import { whole, decimal, percent, perThousand, signed } from "../../domain/figures.ts";
import type { VerdictTile } from "./page.ts";

/** Of one session: the budget in minor units, the reward above that of one mix for all at the same spend. */
export interface GainAtBudget {
  readonly budget: number;
  readonly gain: { readonly value: number; readonly low: number; readonly high: number };
}

export interface VerdictOn {
  readonly label: string;
  readonly rows: number;
  readonly reward: string;
  readonly currency: string;
  readonly confidence: number;
}

/** Counts all budgets, and gives the figures of the middle one: it is fixed beforehand, not picked for how well it looks. */
export function verdictOverOneMix(gains: readonly GainAtBudget[], on: VerdictOn): VerdictTile {
  const { label, rows, reward, currency, confidence } = on;
  const middle = gains[Math.floor(gains.length / 2)];
  if (middle === undefined) return { label, kind: "note", value: "Too few rows to tell" };
  const better = gains.filter(({ gain }) => gain.low > 0).length;
  const worse = gains.filter(({ gain }) => gain.high < 0).length;
  const { value, low, high } = middle.gain;
  const found =
    better > 0
      ? `Better than one mix for all at ${better} of ${gains.length} budgets`
      : worse > 0
        ? `Worse than one mix for all at ${worse} of ${gains.length} budgets`
        : `Not told apart from one mix for all at any of ${gains.length} budgets`;
  return {
    label,
    kind: low > 0 ? "good" : high < 0 ? "bad" : "note",
    // Which budgets are better is chance too: where the middle one is not, its figures do not stand behind the sentence unsaid.
    value: `${found}${(better > 0 && low <= 0) || (better === 0 && worse > 0 && high >= 0) ? ", not at the middle one" : ""}: ${signed(rows * value)} ${reward} (${decimal(rows * low)} to ${decimal(rows * high)})`,
    hint:
      `On these ${whole(rows)} rows at the middle budget, ${perThousand(middle.budget / minorPerMajor(currency))} ${currency} for ` +
      `1,000 sessions, with its ${percent(confidence, 0)} interval. One mix for all spends the same and gives everybody the same chances. ` +
      `Of all budgets: better at ${better}, worse at ${worse}, not told apart at ${gains.length - better - worse}.`,
  };
}
