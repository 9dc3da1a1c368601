// Policy chart: what policies add over what they spend, each with its interval; the names of single points where there is room.

import type { TopLevelSpec } from "vega-lite";
import type { Size } from "./chart.ts";
import { PLACES, placeLabels } from "./labels.ts";
import { colour } from "./palette.ts";

export interface PolicyMark {
  /** Of a point by itself; empty on a line. */
  readonly name: string;
  /** The line, or the kind of points, that it belongs to. */
  readonly series: string;
  readonly cost: number;
  readonly added: number;
  readonly low: number;
  readonly high: number;
}

export interface PolicyChartOptions {
  /** By series, in the order of the legend. */
  readonly colours: ReadonlyMap<string, string>;
  readonly xTitle: string;
  readonly yTitle: string;
}

const HEIGHT = 340;
/** What the axis takes of the width. */
const AXIS = 60;
/** Beyond the dearest point, so that its name has room. */
const BESIDE = 1.12;

export function policySpec(
  values: readonly PolicyMark[],
  { colours, xTitle, yTitle }: PolicyChartOptions,
  { width }: Size,
): TopLevelSpec {
  const xDomain = [0, BESIDE * Math.max(1e-9, ...values.map(({ cost }) => cost))] as const;
  const yDomain = [
    Math.min(0, ...values.map(({ low }) => low)),
    Math.max(1e-9, ...values.map(({ high }) => high)),
  ] as const;
  const x = {
    field: "cost",
    type: "quantitative" as const,
    axis: { title: xTitle, grid: false },
    scale: { domain: [...xDomain], nice: false },
  };
  const y = {
    type: "quantitative" as const,
    axis: { title: yTitle },
    scale: { domain: [...yDomain], nice: false },
  };
  const color = {
    field: "series",
    type: "nominal" as const,
    scale: { domain: [...colours.keys()], range: [...colours.values()] },
    legend: { title: null },
  };
  const named = values
    .filter(({ name }) => name !== "")
    .map((mark) => ({ name: mark.name, x: mark.cost, y: mark.added }));
  const labels = placeLabels(named, { x: xDomain, y: yDomain, width: width - AXIS, height: HEIGHT });
  return {
    height: HEIGHT,
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: "rule", color: colour("edge") },
        encoding: { y: { ...y, field: "zero" } },
      },
      {
        data: { values: [...values] },
        mark: { type: "rule", opacity: 0.45, strokeWidth: 2 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        data: { values: values.filter(({ name }) => name === "") },
        mark: { type: "line" },
        encoding: { x, y: { ...y, field: "added" }, color },
      },
      {
        data: { values: [...values] },
        mark: { type: "point", filled: true, size: 60, opacity: 1 },
        encoding: { x, y: { ...y, field: "added" }, color },
      },
      ...PLACES.map((place) => ({
        data: { values: labels.filter((label) => label.place === place) },
        mark: { type: "text" as const, ...place, color: colour("soft") },
        encoding: { x: { ...x, field: "x" }, y: { ...y, field: "y" }, text: { field: "name" } },
      })),
    ],
  };
}
