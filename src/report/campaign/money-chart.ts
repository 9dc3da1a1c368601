// Money chart: a campaign's spent and reserved money over time against its curve and its budget, in major units.

import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../domain/money/currency.ts";
import type { Size } from "../page/chart.ts";
import { colour } from "../page/palette.ts";
import type { TimeAxis } from "../page/time-axis.ts";

/** Amounts in minor units, of the plan account. */
export interface MoneyOverTime {
  readonly axis: TimeAxis;
  readonly currency: string;
  readonly points: readonly {
    /** As the axis has it. */
    readonly at: number;
    readonly posted: number;
    /** Null where it is not known. */
    readonly pending: number | null;
    /** Null where there is no curve. */
    readonly curve: number | null;
  }[];
  /** Null: it is not drawn. */
  readonly budget: number | null;
}

const CURVE = "as the curve means it";

export function moneySpec({ axis, points, budget, currency }: MoneyOverTime, { narrow }: Size): TopLevelSpec {
  const unit = minorPerMajor(currency);
  const x = { field: "at", ...axis.encoding };
  const areas = points.flatMap(({ at, posted, pending }) => [
    { at, kind: "spent", order: 0, amount: posted / unit },
    ...(pending === null ? [] : [{ at, kind: "reserved", order: 1, amount: pending / unit }]),
  ]);
  const lines = [
    ...points.flatMap(({ at, curve }) => (curve === null ? [] : [{ at, kind: CURVE, amount: curve / unit }])),
    ...(budget === null ? [] : axis.ends.map((at) => ({ at, kind: "budget", amount: budget / unit }))),
  ];
  const drawn = new Set([...areas, ...lines].map(({ kind }) => kind));
  const kinds = COLOURS.filter(([kind]) => drawn.has(kind));
  const color = {
    field: "kind",
    type: "nominal" as const,
    scale: { domain: kinds.map(([kind]) => kind), range: kinds.map(([, name]) => colour(name)) },
    legend: { title: null, columns: narrow ? 1 : 4, symbolType: "square" },
  };
  return {
    height: 300,
    layer: [
      {
        data: { values: areas },
        mark: { type: "area", interpolate: "step-after" },
        encoding: {
          x,
          y: { field: "amount", type: "quantitative", stack: "zero", axis: { title: currency } },
          color,
          order: { field: "order", type: "quantitative" },
        },
      },
      {
        data: { values: lines },
        mark: { type: "line", strokeWidth: 1.6 },
        encoding: { x, y: { field: "amount", type: "quantitative" }, color, strokeDash: DASHES },
      },
    ],
  };
}

const COLOURS = [
  ["reserved", "reserved"],
  ["spent", "spent"],
  [CURVE, "ink"],
  ["budget", "bad"],
] as const;

const DASHES = {
  field: "kind",
  type: "nominal" as const,
  scale: {
    domain: [CURVE, "budget"],
    range: [
      [5, 3],
      [1, 0],
    ],
  },
  legend: null,
};
