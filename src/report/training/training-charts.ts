// Training charts
// The pictures of the training report, as SVG. What is given per session is drawn per thousand sessions, in major units.

import { itemAt } from "../../domain/assert.ts";
import { minorPerMajor } from "../../domain/money/currency.ts";
import type { TopLevelSpec } from "vega-lite";
import { drawChart, type Chart, type Size } from "../page/chart.ts";
import { heatSpec } from "../page/heat-chart.ts";
import { colour, type Colour } from "../page/palette.ts";
import type { Ranged } from "../../domain/figures.ts";
import { policySpec, type PolicyMark } from "../page/policy-chart.ts";
import { OWN_POLICY, type ClusterFigures, type PolicyPoint, type TrainingReport } from "./training-report-figures.ts";

export interface TrainingCharts {
  readonly curves: Chart;
  readonly sizes: Chart;
  readonly added: Chart;
  readonly cost: Chart;
  readonly frontier: Chart;
  readonly margin: Chart;
  readonly policies: Chart;
  /** Null where nobody said what one of the reward is worth. */
  readonly profit: Chart | null;
}

/** From a session's reward to that of a thousand sessions. */
const REWARD = 1_000;

export async function trainingCharts(report: TrainingReport): Promise<TrainingCharts> {
  const [added, cost] = valueSpecs(report);
  return {
    curves: await drawChart(() => curvesSpec(report)),
    sizes: await drawChart((size) => sizesSpec(report, size)),
    added: await drawChart(() => added, "half"),
    cost: await drawChart(() => cost, "half"),
    frontier: await drawChart(() => frontierSpec(report), "half"),
    margin: await drawChart(() => marginSpec(report), "half"),
    policies: await drawChart((size) =>
      policySpec(
        policyMarks(report),
        {
          colours: POLICY_COLOURS,
          xTitle: `spend for 1,000 sessions of the log, ${report.currency}`,
          yTitle: `added ${report.reward} in 1,000 sessions`,
        },
        size,
      ),
    ),
    profit:
      report.value === null
        ? null
        : await drawChart((size) =>
            policySpec(
              profitMarks(report),
              {
                colours: POLICY_COLOURS,
                xTitle: `spend for 1,000 sessions of the log, ${report.currency}`,
                yTitle: `profit of 1,000 sessions, ${report.currency}`,
              },
              size,
            ),
          ),
  };
}

function curvesSpec({ curves, bestEpochs }: TrainingReport): TopLevelSpec {
  const values = curves.flatMap(({ epoch, train, validate }) => [
    { epoch, rows: "training rows, with dropout", loss: train },
    { epoch, rows: "rows kept back", loss: validate },
  ]);
  return {
    height: 200,
    layer: [
      {
        data: { values },
        mark: { type: "line", point: { size: 18 } },
        encoding: {
          x: { field: "epoch", type: "quantitative", axis: { title: "epoch", tickMinStep: 1, grid: false } },
          y: { field: "loss", type: "quantitative", scale: { zero: false }, axis: { title: "loss a row" } },
          color: {
            field: "rows",
            type: "nominal",
            scale: {
              domain: ["rows kept back", "training rows, with dropout"],
              range: [colour("accent"), colour("c-nothing")],
            },
            legend: { title: null },
          },
        },
      },
      {
        data: { values: bestEpochs.map((epoch) => ({ epoch })) },
        mark: { type: "rule", color: colour("ink"), strokeDash: [3, 3] },
        encoding: { x: { field: "epoch", type: "quantitative" } },
      },
    ],
  };
}

function sizesSpec({ clusters }: TrainingReport, { narrow }: Size): TopLevelSpec {
  const each = Math.ceil(clusters.length / (narrow ? 12 : 40));
  return {
    height: 120,
    data: { values: clusters.map(({ cluster, share }) => ({ cluster, share })) },
    mark: "bar",
    encoding: {
      x: {
        field: "cluster",
        type: "ordinal",
        sort: null,
        axis: {
          title: "segment",
          labelAngle: 0,
          labelOverlap: false,
          values: clusters.flatMap(({ cluster }, at) => (at % each === 0 ? [cluster] : [])),
        },
      },
      y: { field: "share", type: "quantitative", axis: { title: "share of rows", format: ".0%" } },
    },
  };
}

/** What an offer adds against none, and what it costs, by segment. */
function valueSpecs({ clusters, arms, currency }: TrainingReport): [added: TopLevelSpec, cost: TopLevelSpec] {
  const costUnit = 1_000 / minorPerMajor(currency);
  const offers = arms.slice(1);
  const cells = (amount: (cluster: ClusterFigures, arm: number) => number) =>
    clusters.flatMap((cluster) =>
      offers.map((arm, index) => ({ line: cluster.cluster, arm, amount: amount(cluster, index + 1) })),
    );
  const heat = (of: ReturnType<typeof cells>, name: Colour) =>
    heatSpec(of, {
      ...{ arms: offers, lines: clusters.length, colour: name, format: "~r" },
      most: Math.max(1e-12, ...of.map(({ amount }) => Math.abs(amount))),
      numbered: clusters.map(({ cluster }) => cluster),
    });
  const added = cells(({ reward: by }, arm) => REWARD * (itemAt(by, arm).value - itemAt(by, 0).value));
  const cost = cells(({ cost: by }, arm) => costUnit * itemAt(by, arm).value);
  return [heat(added, "accent"), heat(cost, "c-cheaper")];
}

function spendAxis(currency: string) {
  return {
    field: "cost",
    type: "quantitative" as const,
    axis: { title: `expected spend for 1,000 sessions, ${currency}`, grid: false, tickCount: 5 },
  };
}

function frontierSpec({ frontier, reward, currency }: TrainingReport): TopLevelSpec {
  const costUnit = 1_000 / minorPerMajor(currency);
  const x = spendAxis(currency);
  const y = { type: "quantitative" as const, axis: { title: `added ${reward} in 1,000 sessions` } };
  return {
    height: 240,
    data: {
      values: frontier.map((row) => ({
        cost: costUnit * row.cost.value,
        reward: REWARD * row.reward.value,
        low: REWARD * row.reward.low,
        high: REWARD * row.reward.high,
      })),
    },
    layer: [
      {
        mark: { type: "area", color: colour("accent"), opacity: 0.18 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        mark: { type: "line", color: colour("accent"), point: { size: 20, color: colour("accent") } },
        encoding: { x, y: { ...y, field: "reward" } },
      },
    ],
  };
}

function marginSpec({ frontier, reward, currency }: TrainingReport): TopLevelSpec {
  const unit = minorPerMajor(currency);
  const values = frontier
    .filter(({ cost }) => cost.value > 0)
    .map((row) => ({ cost: (1_000 / unit) * row.cost.value, price: row.shadowPrice * unit }));
  return {
    height: 240,
    data: { values },
    mark: { type: "line", interpolate: "step-before", point: { size: 20, color: colour("accent") } },
    encoding: {
      x: spendAxis(currency),
      y: { field: "price", type: "quantitative", axis: { title: `extra ${reward} per extra ${currency}` } },
    },
  };
}

const POLICY_COLOURS: ReadonlyMap<string, string> = new Map([
  [OWN_POLICY, colour("accent")],
  ["user by user", colour("p-each-user")],
  ["one mix for all", colour("p-mix")],
  ["one offer for all", colour("soft")],
]);

function policyMarks({ policies, currency }: TrainingReport): PolicyMark[] {
  return policies.points.map((point) => markOf(point, point.reward, REWARD, currency));
}

function profitMarks({ policies, currency }: TrainingReport): PolicyMark[] {
  const unit = 1_000 / minorPerMajor(currency);
  return policies.points.flatMap((point) =>
    point.profit === null ? [] : [markOf(point, point.profit, unit, currency)],
  );
}

function markOf(
  { policy, cost }: PolicyPoint,
  { value, low, high }: Ranged,
  unit: number,
  currency: string,
): PolicyMark {
  const isLine = POLICY_COLOURS.has(policy);
  return {
    name: isLine ? "" : policy,
    series: isLine ? policy : "one offer for all",
    cost: (1_000 / minorPerMajor(currency)) * cost.value,
    added: unit * value,
    low: unit * low,
    high: unit * high,
  };
}
