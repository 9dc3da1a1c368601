// Plan charts: what the plan meant and what was given, what money buys, and where on the frontier the day was.

import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../../domain/currency.ts";
import type { DayReport, PlanPicture, RetrainingFigures } from "../day-figures.ts";
import { HOURS, WIDTH } from "./axes.ts";

/** Clusters by how far up the ladder their plan is: a picture in which the eye finds a pattern. */
export function heatSpec({ arms, sessions, planned, given }: PlanPicture): TopLevelSpec {
  const rank = planned
    .map((shares, cluster) => ({
      cluster,
      dearness: shares.reduce((sum, share, arm) => sum + share * arm, 0),
    }))
    .filter(({ cluster }) => (sessions[cluster] ?? 0) > 0)
    .sort((a, b) => a.dearness - b.dearness || a.cluster - b.cluster);
  const cells = rank.flatMap(({ cluster }, line) =>
    arms.flatMap((arm, index) => [
      { side: "planned", line, cluster, arm, share: planned[cluster]?.[index] ?? 0 },
      { side: "given", line, cluster, arm, share: given[cluster]?.[index] ?? 0 },
    ]),
  );
  return {
    data: { values: cells },
    facet: {
      column: {
        field: "side",
        type: "nominal",
        sort: ["planned", "given"],
        header: { title: null, labelFontSize: 13 },
      },
    },
    spec: {
      width: WIDTH / 2 - 50,
      height: Math.max(140, Math.min(460, rank.length * 14)),
      mark: { type: "rect" },
      encoding: {
        x: { field: "arm", type: "nominal", sort: [...arms], axis: { title: null, labelAngle: -35 } },
        y: {
          field: "line",
          type: "ordinal",
          axis: { title: `${rank.length} clusters`, labels: false, ticks: false },
          scale: { paddingInner: rank.length > 40 ? 0 : 0.06 },
        },
        color: {
          field: "share",
          type: "quantitative",
          scale: { domain: [0, 1], range: ["#f2f1ec", "#9cc7c0", "#2f6f6b", "#12403e"] },
          legend: {
            title: "share of the cluster's sessions",
            titleLimit: 240,
            format: ".0%",
            orient: "bottom",
            gradientLength: 240,
          },
        },
      },
    },
  };
}

export function frontierSpec({ frontiers, currency, reward }: DayReport): TopLevelSpec {
  const unit = minorPerMajor(currency);
  const rows = frontiers.flatMap(({ release, rows: all }) => {
    const base = all[0]?.reward ?? 0;
    return all.map(({ cost, reward: value, shadowPrice }) => ({
      release,
      cost: cost / unit,
      reward: value - base,
      price: shadowPrice * unit,
    }));
  });
  const used = frontiers.flatMap(({ release, rows: all, used: at }) =>
    at.map(({ cost, reward: value, when }) => ({
      release,
      cost: cost / unit,
      reward: value - (all[0]?.reward ?? 0),
      when,
    })),
  );
  const x = {
    field: "cost",
    type: "quantitative" as const,
    axis: { title: `expected spend a session, ${currency}`, grid: false },
  };
  const color = {
    field: "release",
    type: "nominal" as const,
    sort: null,
    legend: frontiers.length > 1 ? { title: "release", orient: "bottom" as const } : null,
  };
  return {
    hconcat: [
      {
        width: WIDTH / 2 - 60,
        height: 240,
        layer: [
          {
            data: { values: rows },
            mark: { type: "line", point: { size: 14 } },
            encoding: {
              x,
              y: { field: "reward", type: "quantitative", axis: { title: `incremental ${reward} a session` } },
              color,
            },
          },
          {
            data: { values: used },
            mark: { type: "point", filled: true, size: 90, opacity: 1, stroke: "#1d2330" },
            encoding: { x, y: { field: "reward", type: "quantitative" }, color },
          },
          {
            data: { values: used },
            mark: { type: "text", align: "left", dx: 9, dy: 8, color: "#1d2330" },
            encoding: { x, y: { field: "reward", type: "quantitative" }, text: { field: "when" } },
          },
        ],
      },
      {
        width: WIDTH / 2 - 60,
        height: 240,
        data: { values: rows.filter((row) => row.cost > 0) },
        mark: { type: "line", interpolate: "step-before", point: { size: 14 } },
        encoding: {
          x,
          y: { field: "price", type: "quantitative", axis: { title: `${reward} for one more ${currency}` } },
          color,
        },
      },
    ],
  };
}

export function positionSpec({ positions, currency }: DayReport): TopLevelSpec {
  return {
    width: WIDTH,
    height: 130,
    data: {
      values: positions.map(({ hour, costPerSession }) => ({ hour, cost: costPerSession / minorPerMajor(currency) })),
    },
    mark: { type: "line", interpolate: "step-after" },
    encoding: {
      x: HOURS,
      y: {
        field: "cost",
        type: "quantitative",
        axis: { title: `planned spend a session, ${currency}` },
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
    width: WIDTH - 120,
    height: 170,
    data: { values },
    mark: { type: "bar" },
    encoding: {
      x: { field: "arm", type: "nominal", sort: armShares.map(({ arm }) => arm), axis: { title: null, labelAngle: 0 } },
      xOffset: { field: "when", sort: ["before", "after"] },
      y: { field: "share", type: "quantitative", axis: { title: "share of sessions", format: ".0%" } },
      color: {
        field: "when",
        type: "nominal",
        sort: ["before", "after"],
        scale: { domain: ["before", "after"], range: ["#b9b6ad", "#2f6f6b"] },
        legend: { title: null },
      },
    },
  };
}
