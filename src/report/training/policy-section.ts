// Policy section: what plans are worth on rows that they owe nothing to, in reward and, where somebody said what one of it is
// worth, in profit.

import { minorPerMajor } from "../../domain/money/currency.ts";
import { profitVerdict } from "../evaluation/profit.ts";
import { percent, perThousand, whole } from "../../domain/figures.ts";
import { picture, table, type Html, type Section, type VerdictTile } from "../page/page.ts";
import { ranged } from "./ranged.ts";
import type { TrainingCharts } from "./training-charts.ts";
import { profitPoints, type TrainingReport } from "./training-report-figures.ts";

export function policySection(report: TrainingReport, charts: TrainingCharts): Section {
  const { policies, currency, reward } = report;
  const unit = 1 / minorPerMajor(currency);
  return {
    title: "What the plans are worth on other rows",
    caption:
      `On ${whole(policies.rows)} rows, from the offers that chance gave them (the mean of reward over ` +
      "propensity where chance did what the policy does: EOM). Each row is judged under a plan that is made in the same way " +
      "from the rows of the other folds, without this row's outcome; the release itself learned from all of them. " +
      `Intervals: ${percent(policies.confidence, 0)}, bootstrap.`,
    body: [
      picture(
        charts.policies,
        "Added reward by spend: this release, one mix for all, user by user, each offer for all",
      ),
      ...(charts.profit === null || report.value === null
        ? []
        : [picture(charts.profit, `Profit by spend, one ${reward} being worth ${report.value}`), profitTable(report)]),
      table(
        [
          { title: `Planned spend for 1,000 sessions, ${currency}`, number: true },
          { title: `Ours less one mix for all: ${reward}`, number: true },
          { title: `spend, ${currency}`, number: true },
          { title: `Ours less user by user: ${reward}`, number: true },
          { title: `spend, ${currency}`, number: true },
        ],
        policies.differences.map(({ budget, oneMix, individual }) => [
          perThousand(budget * unit),
          ranged(oneMix.reward),
          ranged(oneMix.cost, unit),
          ranged(individual.reward),
          ranged(individual.cost, unit),
        ]),
      ),
    ],
  };
}

function profitTable({ policies, currency }: TrainingReport): Html {
  const unit = 1 / minorPerMajor(currency);
  return table(
    [
      { title: `Planned spend for 1,000 sessions, ${currency}`, number: true },
      { title: `Profit of this release, ${currency}`, number: true },
    ],
    profitPoints(policies).map(({ budget, profit }) => [perThousand((budget ?? 0) * unit), ranged(profit, unit)]),
  );
}

export function profitVerdictOf({ policies, reward, currency, value, notCausal }: TrainingReport): VerdictTile[] {
  if (value === null || notCausal !== null) return [];
  const { rows, confidence } = policies;
  const label = `Profit, one ${reward} being worth ${value}`;
  return [profitVerdict(profitPoints(policies), { label, rows, currency, confidence })];
}
