// Plan charts: what money buys, and where on the plans the day was.

import { itemAt } from "../../../domain/assert.ts";
import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../../domain/money/currency.ts";
import { colour, SERIES } from "../../page/palette.ts";
import type { DayReport, RetrainingFigures } from "../day-figures.ts";
import { DAY_AXIS } from "../../page/time-axis.ts";

function axesOf({ frontiers, currency }: DayReport) {
  return {
    x: {
      field: "cost",
      type: "quantitative" as const,
      axis: { title: `expected spend for 1,000 sessions, ${currency}`, grid: false, tickCount: 5 },
    },
    color: {
      field: "release",
      type: "nominal" as const,
      sort: null,
      scale: { range: [...SERIES] },
      legend: frontiers.length > 1 ? { title: "release" } : null,
    },
  };
}

export function frontierSpec(report: DayReport): TopLevelSpec {
  const { frontiers, currency, reward } = report;
  const unit = 1_000 / minorPerMajor(currency);
  const rows = frontiers.flatMap(({ release, rows: all }) =>
    all.map(({ cost, reward: value }) => ({
      release,
      cost: unit * cost,
      reward: 1_000 * (value - itemAt(all, 0).reward),
    })),
  );
  const used = frontiers.flatMap(({ release, rows: all, used: at }) =>
    at.map(({ cost, reward: value }) => ({
      release,
      cost: unit * cost,
      reward: 1_000 * (value - itemAt(all, 0).reward),
    })),
  );
  const { x, color } = axesOf(report);
  const y = { field: "reward", type: "quantitative" as const, axis: { title: `added ${reward} in 1,000 sessions` } };
  return {
    height: 240,
    layer: [
      { data: { values: rows }, mark: { type: "line", point: { size: 14 } }, encoding: { x, y, color } },
      {
        data: { values: used },
        mark: { type: "point", filled: true, size: 90, opacity: 1, stroke: colour("ink") },
        encoding: { x, y, color },
      },
    ],
  };
}

export function marginSpec(report: DayReport): TopLevelSpec {
  const { frontiers, currency, reward } = report;
  const unit = minorPerMajor(currency);
  const { x, color } = axesOf(report);
  return {
    height: 240,
    data: {
      values: frontiers.flatMap(({ release, rows }) =>
        rows
          .filter(({ cost }) => cost > 0)
          .map(({ cost, shadowPrice }) => ({ release, cost: (1_000 / unit) * cost, price: shadowPrice * unit })),
      ),
    },
    mark: { type: "line", interpolate: "step-before", point: { size: 14 } },
    encoding: {
      x,
      y: { field: "price", type: "quantitative", axis: { title: `extra ${reward} per extra ${currency}` } },
      color,
    },
  };
}

export function positionSpec({ positions, currency }: DayReport): TopLevelSpec {
  return {
    height: 130,
    data: {
      values: positions.map(({ hour, costPerSession }) => ({
        hour,
        cost: (1_000 / minorPerMajor(currency)) * costPerSession,
      })),
    },
    mark: { type: "line", interpolate: "step-after" },
    encoding: {
      x: { field: "hour", ...DAY_AXIS.encoding },
      y: {
        field: "cost",
        type: "quantitative",
        axis: { title: `planned, ${currency} for 1,000` },
        scale: { zero: true },
      },
    },
  };
}

export function armSharesSpec(armShares: RetrainingFigures["armShares"]): TopLevelSpec {
  const values = armShares.flatMap(({ arm, before, after }) => [
    { arm, when: "before", share: before },
    { arm, when: "after", share: after },
  ]);
  return {
    height: 170,
    data: { values },
    mark: { type: "bar" },
    encoding: {
      x: {
        field: "arm",
        type: "nominal",
        sort: armShares.map(({ arm }) => arm),
        axis: { title: null, labelAngle: -35, labelOverlap: false },
      },
      xOffset: { field: "when", sort: ["before", "after"] },
      y: { field: "share", type: "quantitative", axis: { title: "share of sessions", format: ".0%" } },
      color: {
        field: "when",
        type: "nominal",
        sort: ["before", "after"],
        scale: { domain: ["before", "after"], range: [colour("c-nothing"), colour("accent")] },
        legend: { title: null },
      },
    },
  };
}
