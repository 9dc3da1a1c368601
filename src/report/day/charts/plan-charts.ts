// Plan charts: what the plan meant and what was given, what money buys, and where on the plans the day was.

import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../../domain/money/currency.ts";
import { heatSpec } from "../../page/heat-chart.ts";
import { colour, SERIES } from "../../page/palette.ts";
import type { DayReport, PlanPicture, RetrainingFigures } from "../day-figures.ts";
import { HOURS } from "./axes.ts";

/** Segments by how far up the ladder their plan is: a picture in which the eye finds a pattern. */
export function shareSpecs({
  arms,
  sessions,
  planned,
  given,
}: PlanPicture): [planned: TopLevelSpec, given: TopLevelSpec] {
  const rank = planned
    .map((shares, cluster) => ({ cluster, dearness: shares.reduce((sum, share, arm) => sum + share * arm, 0) }))
    .filter(({ cluster }) => (sessions[cluster] ?? 0) > 0)
    .sort((a, b) => a.dearness - b.dearness || a.cluster - b.cluster);
  const heat = (shares: readonly (readonly number[])[]) =>
    heatSpec(
      rank.flatMap(({ cluster }, line) =>
        arms.map((arm, index) => ({ line, arm, amount: shares[cluster]?.[index] ?? 0 })),
      ),
      { arms, lines: rank.length, most: 1, colour: "accent", format: ".0%", numbered: null },
    );
  return [heat(planned), heat(given)];
}

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
      reward: 1_000 * (value - (all[0]?.reward ?? 0)),
    })),
  );
  const used = frontiers.flatMap(({ release, rows: all, used: at }) =>
    at.map(({ cost, reward: value }) => ({
      release,
      cost: unit * cost,
      reward: 1_000 * (value - (all[0]?.reward ?? 0)),
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
      x: HOURS,
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
