// Day charts
// The pictures of the day report, as SVG. Amounts are drawn in major units, times in hours of the day.

import { minorPerMajor } from "../../domain/currency.ts";
import type { TopLevelSpec } from "vega-lite";
import { drawChart } from "../page/chart.ts";
import type { DayReport, PlanPicture } from "./day-report-figures.ts";

export interface DayCharts {
  readonly money: string;
  readonly reasons: string;
  readonly heat: readonly { readonly release: string; readonly svg: string }[];
  readonly frontier: string;
  readonly position: string;
  readonly incremental: string | null;
  readonly retrainings: readonly string[];
  readonly latency: string;
}

const WIDTH = 860;

const HOURS = {
  field: "hour",
  type: "quantitative" as const,
  axis: { title: "hour of the day", values: [0, 3, 6, 9, 12, 15, 18, 21, 24], grid: false },
};

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

export async function dayCharts(report: DayReport): Promise<DayCharts> {
  const heat: { release: string; svg: string }[] = [];
  for (const plan of report.plans) heat.push({ release: plan.release, svg: await drawChart(heatSpec(plan)) });
  const retrainings: string[] = [];
  for (const { armShares } of report.retrainings) retrainings.push(await drawChart(armSharesSpec(armShares)));
  return {
    money: await drawChart(moneySpec(report)),
    reasons: await drawChart(reasonsSpec(report)),
    heat,
    frontier: await drawChart(frontierSpec(report)),
    position: await drawChart(positionSpec(report)),
    incremental: report.incremental ? await drawChart(incrementalSpec(report, report.incremental)) : null,
    retrainings,
    latency: await drawChart(latencySpec(report)),
  };
}

function moneySpec({ money, accounts, currency }: DayReport): TopLevelSpec {
  const unit = minorPerMajor(currency);
  const areas = money.flatMap(({ hour, posted, pending }) => [
    { hour, kind: "posted", order: 0, amount: posted / unit },
    { hour, kind: "held", order: 1, amount: pending / unit },
  ]);
  const curve = money
    .filter((point) => point.curve !== null)
    .map(({ hour, curve: at }) => ({ hour, amount: (at ?? 0) / unit }));
  const budget = (accounts[0]?.budget ?? 0) / unit;
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

function reasonsSpec({ reasonsByHour }: DayReport): TopLevelSpec {
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

/** Clusters by how far up the ladder their plan is: a picture in which the eye finds a pattern. */
function heatSpec({ arms, sessions, planned, given }: PlanPicture): TopLevelSpec {
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

function frontierSpec({ frontiers, currency, reward }: DayReport): TopLevelSpec {
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

function positionSpec({ positions, currency }: DayReport): TopLevelSpec {
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

function incrementalSpec(
  { truth, reward }: DayReport,
  incremental: NonNullable<DayReport["incremental"]>,
): TopLevelSpec {
  const { value, low, high } = incremental;
  const known = truth === null ? [] : [{ at: truth.incrementalReward, text: "truth" }];
  const x = { type: "quantitative" as const, axis: { title: `incremental ${reward} of the day` } };
  return {
    width: WIDTH,
    height: 70,
    layer: [
      {
        data: { values: [{ at: 0 }] },
        mark: { type: "rule", color: "#b9b6ad", strokeDash: [3, 3] },
        encoding: { x: { ...x, field: "at" } },
      },
      {
        data: { values: [{ low, high }] },
        mark: { type: "rule", color: "#2f6f6b", strokeWidth: 6, strokeCap: "round", opacity: 0.45 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        data: { values: [{ at: value }] },
        mark: { type: "point", filled: true, size: 140, color: "#2f6f6b", opacity: 1 },
        encoding: { x: { ...x, field: "at" } },
      },
      {
        data: { values: known },
        mark: { type: "tick", thickness: 3, size: 40, color: "#d08a2e" },
        encoding: { x: { ...x, field: "at" } },
      },
      {
        data: { values: [{ at: value, text: "measured against holdout" }] },
        mark: { type: "text", dy: -26, color: "#1d2330" },
        encoding: { x: { ...x, field: "at" }, text: { field: "text" } },
      },
      {
        // Below: the two may lie near each other.
        data: { values: known },
        mark: { type: "text", dy: 28, color: "#1d2330" },
        encoding: { x: { ...x, field: "at" }, text: { field: "text" } },
      },
    ],
  };
}

function armSharesSpec(armShares: DayReport["retrainings"][number]["armShares"]): TopLevelSpec {
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

function latencySpec({ latency }: DayReport): TopLevelSpec {
  const marks = [
    { at: latency.p50, text: `p50 ${latency.p50.toFixed(1)} ms` },
    { at: latency.p99, text: `p99 ${latency.p99.toFixed(1)} ms` },
  ];
  const bars = latency.bins.filter((bin) => bin.decisions > 0);
  const scale = { type: "log" as const, nice: false };
  return {
    width: WIDTH,
    height: 180,
    layer: [
      {
        data: { values: bars.map((bin) => ({ ...bin, zero: 0 })) },
        mark: { type: "rect", color: "#2f6f6b", opacity: 0.85 },
        encoding: {
          x: { field: "fromMs", type: "quantitative", scale, axis: { title: "ms", grid: false, format: "~r" } },
          x2: { field: "toMs" },
          y: { field: "zero", type: "quantitative", axis: { title: "decisions" } },
          y2: { field: "decisions" },
        },
      },
      {
        data: { values: marks },
        mark: { type: "rule", color: "#b3372f", strokeDash: [4, 3] },
        encoding: { x: { field: "at", type: "quantitative", scale } },
      },
      {
        data: { values: marks },
        mark: { type: "text", align: "left", dx: 5, y: 12, color: "#b3372f" },
        encoding: { x: { field: "at", type: "quantitative", scale }, text: { field: "text" } },
      },
    ],
  };
}
