// Heat chart: segments by offers, the stronger the colour the more; below zero in another colour. Opacity carries the amount,
// so that the same picture stands on a light and on a dark ground.

import type { TopLevelSpec } from "vega-lite";
import { colour, type Colour } from "./palette.ts";

export interface HeatCell {
  readonly line: number;
  readonly arm: string;
  readonly amount: number;
}

export interface HeatOptions {
  readonly arms: readonly string[];
  readonly lines: number;
  /** Of the amounts: what is drawn in full. */
  readonly most: number;
  readonly colour: Colour;
  readonly format: string;
  /** Whether the lines have their own numbers, and in which order they come. */
  readonly numbered: readonly number[] | null;
}

export function heatSpec(
  cells: readonly HeatCell[],
  { arms, lines, most, colour: above, format, numbered }: HeatOptions,
): TopLevelSpec {
  return {
    height: Math.max(140, Math.min(520, lines * 16)),
    data: { values: cells.map((cell) => ({ ...cell, size: Math.abs(cell.amount), below: cell.amount < 0 })) },
    mark: { type: "rect", stroke: colour("line"), strokeWidth: lines > 40 ? 0 : 0.5 },
    encoding: {
      x: {
        field: "arm",
        type: "nominal",
        sort: [...arms],
        axis: { title: null, labelAngle: -35, labelLimit: 110, labelOverlap: false },
      },
      y: {
        field: "line",
        type: "ordinal",
        ...(numbered === null ? {} : { sort: [...numbered] }),
        axis: {
          title: numbered === null ? `${lines} segments` : "segment",
          labels: numbered !== null,
          ticks: false,
          labelOverlap: true,
        },
      },
      color: {
        field: "below",
        type: "nominal",
        scale: { domain: [false, true], range: [colour(above), colour("bad")] },
        legend: null,
      },
      opacity: {
        field: "size",
        type: "quantitative",
        scale: { domain: [0, most], range: [0, 1] },
        legend: {
          title: null,
          format,
          symbolType: "square",
          symbolFillColor: colour(above),
          symbolStrokeColor: colour("edge"),
          direction: "horizontal",
          columns: 5,
          values: [0, 0.25, 0.5, 0.75, 1].map((part) => part * most),
        },
      },
    },
  };
}
