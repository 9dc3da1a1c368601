// Lift chart: what a campaign brought against its holdout, with its interval.

import type { TopLevelSpec } from "vega-lite";
import type { Ranged } from "../../domain/figures.ts";
import { colour } from "../page/palette.ts";

export interface LiftPicture {
  /** Of the axis: what is counted. */
  readonly title: string;
  readonly lift: Ranged;
  /** Where it is known what was to be measured: in a synthetic world. */
  readonly known: { readonly at: number; readonly name: string } | null;
}

export function liftSpec({ title, lift: { value, low, high }, known }: LiftPicture): TopLevelSpec {
  const truth = known === null ? [] : [{ at: known.at, kind: known.name }];
  const x = { type: "quantitative" as const, axis: { title } };
  const color = {
    field: "kind",
    type: "nominal" as const,
    scale: {
      domain: ["measured against the holdout", ...truth.map(({ kind }) => kind)],
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
        data: { values: truth },
        mark: { type: "tick", thickness: 3, size: 40 },
        encoding: { x: { ...x, field: "at" }, color },
      },
    ],
  };
}
