// Result charts: what the day brought against its holdout, and how long decisions took.

import type { TopLevelSpec } from "vega-lite";
import type { DayFigures, DayReport } from "../day-figures.ts";
import { colour } from "../../page/palette.ts";

export function incrementalSpec(
  { figures: { truth }, reward }: DayReport,
  incremental: NonNullable<DayFigures["incremental"]>,
): TopLevelSpec {
  const { value, low, high } = incremental;
  const known = truth === null ? [] : [{ at: truth.incrementalReward, kind: "truth" }];
  const x = { type: "quantitative" as const, axis: { title: `extra ${reward} of the day` } };
  const color = {
    field: "kind",
    type: "nominal" as const,
    scale: {
      domain: ["measured against the holdout", ...known.map(({ kind }) => kind)],
      range: [colour("accent"), colour("c-cheaper")],
    },
    legend: { title: null },
  };
  return {
    height: 50,
    layer: [
      {
        data: { values: [{ at: 0 }] },
        mark: { type: "rule", color: colour("edge"), strokeDash: [3, 3] },
        encoding: { x: { ...x, field: "at" } },
      },
      {
        data: { values: [{ low, high }] },
        mark: { type: "rule", color: colour("accent"), strokeWidth: 6, strokeCap: "round", opacity: 0.45 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        data: { values: [{ at: value, kind: "measured against the holdout" }] },
        mark: { type: "point", filled: true, size: 140, opacity: 1 },
        encoding: { x: { ...x, field: "at" }, color },
      },
      {
        data: { values: known },
        mark: { type: "tick", thickness: 3, size: 40 },
        encoding: { x: { ...x, field: "at" }, color },
      },
    ],
  };
}

export function latencySpec({ figures: { latencyMs }, latencyBins }: DayReport): TopLevelSpec {
  const marks = [
    { at: latencyMs.p50, kind: `p50 ${latencyMs.p50.toFixed(1)} ms` },
    { at: latencyMs.p99, kind: `p99 ${latencyMs.p99.toFixed(1)} ms` },
  ];
  const bars = latencyBins.filter((bin) => bin.decisions > 0);
  const scale = { type: "log" as const, nice: false };
  return {
    height: 180,
    layer: [
      {
        data: { values: bars.map((bin) => ({ ...bin, zero: 0 })) },
        mark: { type: "rect", color: colour("accent"), opacity: 0.85 },
        encoding: {
          x: { field: "fromMs", type: "quantitative", scale, axis: { title: "ms", grid: false, format: "~r" } },
          x2: { field: "toMs" },
          y: { field: "zero", type: "quantitative", axis: { title: "decisions" } },
          y2: { field: "decisions" },
        },
      },
      {
        data: { values: marks },
        mark: { type: "rule", strokeWidth: 2, strokeDash: [4, 3] },
        encoding: {
          x: { field: "at", type: "quantitative", scale },
          color: {
            field: "kind",
            type: "nominal",
            scale: { domain: marks.map(({ kind }) => kind), range: [colour("c-holdout"), colour("bad")] },
            legend: { title: null },
          },
        },
      },
    ],
  };
}
