// Evaluation charts
// The pictures of the evaluation report, as SVG; of a thousand sessions, in major units.

import { minorPerMajor } from "../../domain/money/currency.ts";
import type { TopLevelSpec } from "vega-lite";
import type { EvaluationReport } from "./evaluation-figures.ts";
import { drawChart, type Chart } from "../page/chart.ts";
import { colour, SERIES } from "../page/palette.ts";
import { mostProfitable } from "./profit.ts";
import { policySpec } from "../page/policy-chart.ts";

export interface EvaluationCharts {
  readonly policies: Chart;
  readonly gains: Chart;
  /** Null where nobody said what one of the reward is worth. */
  readonly profit: Chart | null;
}

const REWARD = 1_000;

export async function evaluationCharts(
  report: EvaluationReport,
  colours: ReadonlyMap<string, string>,
): Promise<EvaluationCharts> {
  const { currency, reward, value } = report;
  const xTitle = `spend for 1,000 sessions, ${currency}`;
  const profits = profitMarks(report);
  return {
    policies: await drawChart((size) =>
      policySpec(policyMarks(report), { colours, xTitle, yTitle: `added ${reward} in 1,000 sessions` }, size),
    ),
    gains: await drawChart(() => gainsSpec(report, colours)),
    profit:
      value === null
        ? null
        : await drawChart((size) =>
            policySpec(profits, { colours, xTitle, yTitle: `profit of 1,000 sessions, ${currency}` }, size),
          ),
  };
}

/** A release keeps its colour over all pictures; what it is compared with has its own. */
export function coloursOf({ policies, oneMixes, releases }: EvaluationReport): ReadonlyMap<string, string> {
  const others: Readonly<Record<string, string>> = {
    "one offer for all": colour("soft"),
    "as served": colour("note"),
    "one mix for all": colour("p-mix"),
  };
  const series = new Set([...policies, ...oneMixes].map((policy) => policy.series));
  const at = (name: string): number => releases.findIndex((release) => name.endsWith(release));
  return new Map(
    [...series].map((name) => [
      name,
      releases.includes(name)
        ? (SERIES[releases.indexOf(name) % SERIES.length] ?? "")
        : (others[name] ?? (at(name) <= 0 ? colour("p-mix") : colour("edge"))),
    ]),
  );
}

function policyMarks({ policies, oneMixes, currency }: EvaluationReport) {
  const costUnit = 1_000 / minorPerMajor(currency);
  return [...policies, ...oneMixes].map(({ name, series, budget, spend, added }) => ({
    name: budget === null ? name : "",
    series,
    cost: costUnit * spend.value,
    added: REWARD * added.value,
    low: REWARD * added.low,
    high: REWARD * added.high,
  }));
}

/** The highest profit of each release's plans is named. */
function profitMarks({ policies, oneMixes, releases, currency }: EvaluationReport) {
  const unit = 1_000 / minorPerMajor(currency);
  const marks = [...policies, ...oneMixes].flatMap(({ name, series, budget, spend, profit }) =>
    profit === null
      ? []
      : [
          {
            ...{ name: budget === null ? name : "", series, cost: unit * spend.value, profit },
            ...{ added: unit * profit.value, low: unit * profit.low, high: unit * profit.high },
          },
        ],
  );
  const most = releases.flatMap((release) => {
    const best = mostProfitable(marks.filter(({ series }) => series === release));
    return best === undefined ? [] : [{ ...best, name: "most" }];
  });
  return [...most, ...marks];
}

function gainsSpec(
  { gains, reward, currency, releases }: EvaluationReport,
  colours: ReadonlyMap<string, string>,
): TopLevelSpec {
  const costUnit = 1_000 / minorPerMajor(currency);
  const values = gains
    .filter(({ isOverMix }) => isOverMix)
    .map(({ release, budget, gain }) => ({
      release,
      budget: costUnit * budget,
      gain: REWARD * gain.value,
      low: REWARD * gain.low,
      high: REWARD * gain.high,
    }));
  const x = {
    field: "budget",
    type: "quantitative" as const,
    axis: { title: `budget for 1,000 sessions, ${currency}`, grid: false },
  };
  const y = { type: "quantitative" as const, axis: { title: `${reward} above one mix for all` } };
  const color = {
    field: "release",
    type: "nominal" as const,
    scale: { domain: [...releases], range: releases.map((release) => colours.get(release) ?? colour("accent")) },
    legend: releases.length > 1 ? { title: null } : null,
  };
  return {
    height: 240,
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: "rule", color: colour("edge") },
        encoding: { y: { field: "zero", type: "quantitative" } },
      },
      {
        data: { values },
        mark: { type: "area", opacity: 0.15 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        data: { values },
        mark: { type: "line", point: { size: 40 } },
        encoding: { x, y: { ...y, field: "gain" }, color },
      },
    ],
  };
}
