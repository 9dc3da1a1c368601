// Training charts
// The pictures of the training report, as SVG. What is given per session is drawn per thousand sessions, in major units.

import { minorPerMajor } from "../../domain/currency.ts";
import type { TopLevelSpec } from "vega-lite";
import { drawChart } from "../page/chart.ts";
import type { TrainingReport } from "./training-report-figures.ts";

export interface TrainingCharts {
  readonly curves: string;
  readonly sizes: string;
  readonly values: string;
  readonly frontier: string;
  readonly policies: string;
}

const WIDTH = 860;
/** From a session's reward to that of a thousand sessions. */
const REWARD = 1_000;
const INK = "#1d2330";
const GREEN = "#2f6f6b";

export async function trainingCharts(report: TrainingReport): Promise<TrainingCharts> {
  return {
    curves: await drawChart(curvesSpec(report)),
    sizes: await drawChart(sizesSpec(report)),
    values: await drawChart(valuesSpec(report)),
    frontier: await drawChart(frontierSpec(report)),
    policies: await drawChart(policiesSpec(report)),
  };
}

function curvesSpec({ curves, bestEpochs }: TrainingReport): TopLevelSpec {
  const values = curves.flatMap(({ epoch, train, validate }) => [
    { epoch, rows: "training rows, with dropout", loss: train },
    { epoch, rows: "rows kept back", loss: validate },
  ]);
  return {
    width: WIDTH - 60,
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
            sort: ["rows kept back"],
            legend: { title: null, orient: "top-right", labelLimit: 300 },
          },
        },
      },
      {
        data: { values: bestEpochs.map((epoch) => ({ epoch })) },
        mark: { type: "rule", color: INK, strokeDash: [3, 3] },
        encoding: { x: { field: "epoch", type: "quantitative" } },
      },
    ],
  };
}

function sizesSpec({ clusters }: TrainingReport): TopLevelSpec {
  return {
    width: WIDTH - 60,
    height: 120,
    data: { values: clusters.map(({ cluster, share }) => ({ cluster, share })) },
    mark: { type: "bar", color: GREEN },
    encoding: {
      x: { field: "cluster", type: "ordinal", axis: { title: "cluster", labelAngle: 0, labelOverlap: true } },
      y: { field: "share", type: "quantitative", axis: { title: "share of rows", format: ".0%" } },
    },
  };
}

/** Two heat maps: what an arm adds against the control, and what it costs. */
function valuesSpec({ clusters, arms, reward, currency }: TrainingReport): TopLevelSpec {
  const costUnit = 1_000 / minorPerMajor(currency);
  const cells = clusters.flatMap((cluster) =>
    arms.slice(1).map((arm, index) => ({
      cluster: cluster.cluster,
      arm,
      added: REWARD * ((cluster.reward[index + 1]?.value ?? 0) - (cluster.reward[0]?.value ?? 0)),
      cost: costUnit * (cluster.cost[index + 1]?.value ?? 0),
    })),
  );
  const height = Math.max(140, Math.min(620, clusters.length * 16));
  const heat = (field: "added" | "cost", title: string, scale: object) => ({
    width: WIDTH / 2 - 90,
    height,
    data: { values: cells },
    mark: { type: "rect" as const },
    encoding: {
      x: { field: "arm", type: "nominal" as const, sort: [...arms], axis: { title: null, labelAngle: -35 } },
      y: { field: "cluster", type: "ordinal" as const, axis: { title: "cluster", labelOverlap: true } },
      color: {
        field,
        type: "quantitative" as const,
        scale,
        legend: { title, orient: "bottom" as const, gradientLength: 220, titleLimit: 300, format: "~r" },
      },
    },
  });
  const most = Math.max(1e-12, ...cells.map(({ added }) => Math.abs(added)));
  return {
    hconcat: [
      heat("added", `added ${reward} in 1,000 sessions`, {
        domain: [-most, 0, most],
        range: ["#b3372f", "#f2f1ec", GREEN],
      }),
      heat("cost", `cost of 1,000 sessions, ${currency}`, { range: ["#f2f1ec", "#d9c08a", "#8a5a14"] }),
    ],
    resolve: { scale: { color: "independent" } },
  };
}

function frontierSpec({ frontier, reward, currency }: TrainingReport): TopLevelSpec {
  const costUnit = 1_000 / minorPerMajor(currency);
  const values = frontier.map((row) => ({
    cost: costUnit * row.cost.value,
    reward: REWARD * row.reward.value,
    low: REWARD * row.reward.low,
    high: REWARD * row.reward.high,
    price: row.shadowPrice * minorPerMajor(currency),
  }));
  const x = {
    field: "cost",
    type: "quantitative" as const,
    axis: { title: `expected spend for 1,000 sessions, ${currency}`, grid: false },
  };
  const y = { type: "quantitative" as const, axis: { title: `added ${reward} in 1,000 sessions` } };
  return {
    hconcat: [
      {
        width: WIDTH / 2 - 60,
        height: 240,
        data: { values },
        layer: [
          {
            mark: { type: "area", color: GREEN, opacity: 0.18 },
            encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
          },
          {
            mark: { type: "line", color: GREEN, point: { size: 20, color: GREEN } },
            encoding: { x, y: { ...y, field: "reward" } },
          },
        ],
      },
      {
        width: WIDTH / 2 - 60,
        height: 240,
        data: { values: values.filter(({ cost }) => cost > 0) },
        mark: { type: "line", interpolate: "step-before", color: "#d08a2e", point: { size: 20, color: "#d08a2e" } },
        encoding: {
          x,
          y: { field: "price", type: "quantitative", axis: { title: `${reward} for one more ${currency}` } },
        },
      },
    ],
  };
}

const POLICY_COLOURS: Readonly<Record<string, string>> = {
  ours: GREEN,
  "user by user": "#6b5ca5",
  "one mix for all": "#d08a2e",
  "one incentive for all": "#5d6675",
};

function policiesSpec({ policies, reward, currency }: TrainingReport): TopLevelSpec {
  const costUnit = 1_000 / minorPerMajor(currency);
  const values = policies.points.map(({ policy, cost, reward: value }) => ({
    policy: policy in POLICY_COLOURS ? policy : "one incentive for all",
    name: policy in POLICY_COLOURS ? "" : policy,
    cost: costUnit * cost.value,
    reward: REWARD * value.value,
    low: REWARD * value.low,
    high: REWARD * value.high,
  }));
  const lines = values.filter(({ name }) => name === "");
  const domain = Object.keys(POLICY_COLOURS).filter((name) => values.some(({ policy }) => policy === name));
  const x = {
    field: "cost",
    type: "quantitative" as const,
    axis: { title: `spend for 1,000 sessions of the log, ${currency}`, grid: false },
  };
  const color = {
    field: "policy",
    type: "nominal" as const,
    scale: { domain, range: domain.map((name) => POLICY_COLOURS[name] ?? INK) },
    legend: { title: null, orient: "bottom" as const, labelLimit: 300, symbolOpacity: 1 },
  };
  const y = { type: "quantitative" as const, axis: { title: `added ${reward} in 1,000 sessions` } };
  return {
    width: WIDTH - 60,
    height: 320,
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: "rule", color: "#b9b6ad" },
        encoding: { y: { field: "zero", type: "quantitative" } },
      },
      {
        data: { values },
        mark: { type: "rule", opacity: 0.45, strokeWidth: 2 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      { data: { values: lines }, mark: { type: "line" }, encoding: { x, y: { ...y, field: "reward" }, color } },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 60, opacity: 1 },
        encoding: { x, y: { ...y, field: "reward" }, color },
      },
      {
        data: { values: values.filter(({ name }) => name !== "") },
        mark: { type: "text", align: "left", dx: 7, dy: -7, color: "#5d6675" },
        encoding: { x, y: { ...y, field: "reward" }, text: { field: "name" } },
      },
    ],
  };
}
