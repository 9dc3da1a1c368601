// Evaluation charts
// The pictures of the evaluation report, as SVG; of a thousand sessions, in major units.

import { minorPerMajor } from "../../domain/currency.ts";
import type { TopLevelSpec } from "vega-lite";
import type { EvaluationReport } from "./evaluation-figures.ts";
import { drawChart } from "../page/chart.ts";

export interface EvaluationCharts {
  readonly policies: string;
  readonly gains: string;
}

const WIDTH = 800;
const REWARD = 1_000;
const SOFT = "#5d6675";

export async function evaluationCharts(report: EvaluationReport): Promise<EvaluationCharts> {
  return { policies: await drawChart(policiesSpec(report)), gains: await drawChart(gainsSpec(report)) };
}

const ZERO = {
  data: { values: [{ zero: 0 }] },
  mark: { type: "rule" as const, color: "#b9b6ad" },
  encoding: { y: { field: "zero", type: "quantitative" as const } },
};

function policiesSpec({ policies, oneMixes, reward, currency }: EvaluationReport): TopLevelSpec {
  const costUnit = 1_000 / minorPerMajor(currency);
  const values = [...policies, ...oneMixes].map(({ name, series, budget, spend, added }) => ({
    name: budget === null ? name : "",
    series,
    cost: costUnit * spend.value,
    added: REWARD * added.value,
    low: REWARD * added.low,
    high: REWARD * added.high,
  }));
  const x = {
    field: "cost",
    type: "quantitative" as const,
    axis: { title: `spend for 1,000 sessions, ${currency}`, grid: false },
  };
  const y = { type: "quantitative" as const, axis: { title: `added ${reward} in 1,000 sessions` } };
  const color = {
    field: "series",
    type: "nominal" as const,
    sort: null,
    legend: { title: null, orient: "bottom" as const, columns: 2, labelLimit: 380, symbolOpacity: 1 },
  };
  return {
    width: WIDTH,
    height: 340,
    layer: [
      ZERO,
      {
        data: { values },
        mark: { type: "rule", opacity: 0.4, strokeWidth: 2 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        data: { values: values.filter(({ name }) => name === "") },
        mark: { type: "line" },
        encoding: { x, y: { ...y, field: "added" }, color },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 55, opacity: 1 },
        encoding: { x, y: { ...y, field: "added" }, color },
      },
      {
        data: { values: values.filter(({ name }) => name !== "") },
        mark: { type: "text", align: "left", dx: 7, dy: -7, color: SOFT },
        encoding: { x, y: { ...y, field: "added" }, text: { field: "name" } },
      },
    ],
  };
}

function gainsSpec({ gains, reward, currency }: EvaluationReport): TopLevelSpec {
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
    sort: null,
    legend: { title: null, orient: "bottom" as const, labelLimit: 380, symbolOpacity: 1 },
  };
  return {
    width: WIDTH,
    height: 240,
    layer: [
      ZERO,
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
