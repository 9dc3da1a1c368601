// Money charts: posted and held money against the curve, and why sessions got what they got. Amounts are in major units.

import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../../domain/currency.ts";
import type { DayReport } from "../day-figures.ts";
import { HOURS, WIDTH } from "./axes.ts";

const REASON_COLOURS: Readonly<Record<string, string>> = {
  planned: "#2f6f6b",
  planned_control: "#a9c9c2",
  downgraded: "#7a8b3c",
  explored: "#6b5ca5",
  holdout: "#5b8bc0",
  incentive_open: "#c2a44a",
  user_cap: "#a4627f",
  pacing_throttled: "#d08a2e",
  budget_not_yet_granted: "#e07b54",
  budget_exhausted: "#b3372f",
};

export function moneySpec({ money, figures, currency }: DayReport): TopLevelSpec {
  const unit = minorPerMajor(currency);
  const areas = money.flatMap(({ hour, posted, pending }) => [
    { hour, kind: "posted", order: 0, amount: posted / unit },
    { hour, kind: "held", order: 1, amount: pending / unit },
  ]);
  const curve = money
    .filter((point) => point.curve !== null)
    .map(({ hour, curve: at }) => ({ hour, amount: (at ?? 0) / unit }));
  const budget = figures.accounts.plan.budget / unit;
  return {
    width: WIDTH,
    height: 300,
    layer: [
      {
        data: { values: areas },
        mark: { type: "area", opacity: 0.9, interpolate: "step-after" },
        encoding: {
          x: HOURS,
          y: { field: "amount", type: "quantitative", stack: "zero", axis: { title: currency } },
          color: {
            field: "kind",
            type: "nominal",
            sort: ["held", "posted"],
            scale: { domain: ["held", "posted"], range: ["#d9c08a", "#2f6f6b"] },
            legend: { title: null, orient: "top-left" },
          },
          order: { field: "order", type: "quantitative" },
        },
      },
      {
        data: { values: curve },
        mark: { type: "line", color: "#1d2330", strokeWidth: 1.6, strokeDash: [5, 3] },
        encoding: { x: HOURS, y: { field: "amount", type: "quantitative" } },
      },
      {
        data: { values: [{ amount: budget, text: "budget" }] },
        mark: { type: "rule", color: "#b3372f", strokeWidth: 1.4 },
        encoding: { y: { field: "amount", type: "quantitative" } },
      },
      {
        data: { values: [{ amount: budget, text: "budget" }] },
        mark: { type: "text", align: "right", dy: -6, color: "#b3372f", x: WIDTH },
        encoding: { y: { field: "amount", type: "quantitative" }, text: { field: "text" } },
      },
      ...lastOf(curve).map((point) => ({
        data: { values: [{ ...point, text: "curve" }] },
        mark: { type: "text" as const, align: "right" as const, dx: -4, dy: 14, color: "#1d2330" },
        encoding: { x: HOURS, y: { field: "amount", type: "quantitative" as const }, text: { field: "text" } },
      })),
    ],
  };
}

function lastOf<T>(values: readonly T[]): T[] {
  const last = values[Math.floor(values.length * 0.6)];
  return last === undefined ? [] : [last];
}

export function reasonsSpec({ reasonsByHour }: DayReport): TopLevelSpec {
  const seen = Object.keys(REASON_COLOURS).filter((reason) => reasonsByHour.some((row) => row.reason === reason));
  const others = [...new Set(reasonsByHour.map((row) => row.reason))].filter((reason) => !seen.includes(reason));
  const domain = [...seen, ...others];
  return {
    width: WIDTH,
    height: 240,
    data: { values: reasonsByHour.map((row) => ({ ...row, order: domain.indexOf(row.reason) })) },
    mark: { type: "bar", binSpacing: 0 },
    encoding: {
      x: { ...HOURS, bin: { step: 0.25 } },
      y: {
        field: "sessions",
        type: "quantitative",
        aggregate: "sum",
        axis: { title: "decisions in a quarter of an hour" },
      },
      color: {
        field: "reason",
        type: "nominal",
        scale: { domain, range: domain.map((reason) => REASON_COLOURS[reason] ?? "#5d6675") },
        legend: { title: null, orient: "right", symbolLimit: 20, labelLimit: 240 },
      },
      order: { field: "order", type: "quantitative" },
    },
  };
}
