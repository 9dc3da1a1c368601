// Latency chart: how long decisions took.

import type { TopLevelSpec } from "vega-lite";
import type { DayReport } from "../day-figures.ts";
import { colour } from "../../page/palette.ts";

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
