// Result charts: what the day brought against its holdout, and how long decisions took.

import type { TopLevelSpec } from "vega-lite";
import type { DayFigures, DayReport } from "../day-figures.ts";
import { WIDTH } from "./axes.ts";

export function incrementalSpec(
  { figures: { truth }, reward }: DayReport,
  incremental: NonNullable<DayFigures["incremental"]>,
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

export function latencySpec({ figures: { latencyMs }, latencyBins }: DayReport): TopLevelSpec {
  const marks = [
    { at: latencyMs.p50, text: `p50 ${latencyMs.p50.toFixed(1)} ms` },
    { at: latencyMs.p99, text: `p99 ${latencyMs.p99.toFixed(1)} ms` },
  ];
  const bars = latencyBins.filter((bin) => bin.decisions > 0);
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
