// Balance section
// Whether chance gave the incentives, as a picture and a table: what the users of each offer differ in from those
// without one, feature by feature, and whether a classifier can tell them apart. It is given figures and draws them.

import type { TopLevelSpec } from "vega-lite";
import { drawChart, type Size } from "../page/chart.ts";
import { whole } from "../../domain/figures.ts";
import { colour } from "../page/palette.ts";
import { html, picture, table, type Section } from "../page/page.ts";

export interface BalanceFigures {
  /** Null where shares were not tested as one. */
  readonly sampleRatioP: number | null;
  readonly rows: number;
  readonly strata: readonly string[];
  readonly arms: readonly {
    readonly arm: string;
    readonly rows: readonly [arm: number, control: number];
    readonly auc: { readonly value: number; readonly low: number; readonly high: number } | null;
    /** In standard deviations. */
    readonly differences: readonly { readonly feature: string; readonly smd: number }[];
    /** What chance alone stays within, for nineteen features of twenty. */
    readonly chance: number;
  }[];
}

/** Features in the picture: those that differ most. */
const SHOWN = 25;
/** The usual mark from which a difference counts as one. */
const MARK = 0.1;

/** Null figures: not everybody could have got every incentive, and the users need not be alike. */
export async function balanceSection(figures: BalanceFigures | null): Promise<Section> {
  const title = "Whether chance gave the offers";
  if (figures === null)
    return { title, body: [html`<p>Not tested: not everybody could have got every offer (overlap: partial).</p>`] };
  const { rows, strata, sampleRatioP, arms } = figures;
  return {
    title,
    caption:
      `On ${whole(rows)} rows${strata.length === 0 ? "" : `, within ${strata.join(", ")}`}: each offer's users against those without ` +
      "one, in standard deviations of the feature. The shaded band is as far as chance alone goes nineteen times of twenty; beyond the dashed " +
      "lines a difference is commonly held to matter. A classifier that is asked for the offer has an AUC of 0.5 where " +
      `chance gave it.${sampleRatioP === null ? "" : ` Sample ratio: p = ${sampleRatioP.toPrecision(2)}.`}`,
    body: [
      picture(
        await drawChart((size) => balanceSpec(figures, size)),
        "Standardised mean differences of the features, offer by offer",
      ),
      table(
        [
          { title: "Offer" },
          { title: "Rows", number: true },
          { title: "Without", number: true },
          { title: "AUC of a classifier (95 %)", number: true },
          { title: "Largest difference" },
          { title: "Features beyond chance (95 %)", number: true },
        ],
        arms.map(({ arm, rows: [own, control], auc, differences, chance }) => {
          const [largest] = differences.toSorted((a, b) => Math.abs(b.smd) - Math.abs(a.smd));
          const beyond = differences.filter(({ smd }) => Math.abs(smd) > chance).length;
          return [
            arm,
            whole(own),
            whole(control),
            auc === null ? "too few rows" : `${auc.value.toFixed(3)} (${auc.low.toFixed(3)} to ${auc.high.toFixed(3)})`,
            largest === undefined ? "" : `${largest.feature} ${largest.smd.toFixed(3)}`,
            `${beyond} of ${differences.length}`,
          ];
        }),
      ),
    ],
  };
}

function balanceSpec({ arms }: BalanceFigures, { narrow }: Size): TopLevelSpec {
  const most = new Map<string, number>();
  for (const { differences } of arms)
    differences.forEach(({ feature, smd }) => most.set(feature, Math.max(most.get(feature) ?? 0, Math.abs(smd))));
  const features = [...most.keys()].toSorted((a, b) => (most.get(b) ?? 0) - (most.get(a) ?? 0)).slice(0, SHOWN);
  const values = arms.flatMap(({ arm, differences }) =>
    differences.filter(({ feature }) => features.includes(feature)).map(({ feature, smd }) => ({ arm, feature, smd })),
  );
  const band = Math.max(...arms.map(({ chance }) => chance));
  const x = {
    type: "quantitative" as const,
    axis: { title: narrow ? "standard deviations" : "standard deviations above those without" },
  };
  return {
    height: { step: 20 },
    layer: [
      {
        data: { values: [{ from: -band, to: band }] },
        mark: { type: "rect", color: colour("accent"), opacity: 0.1 },
        encoding: { x: { ...x, field: "from" }, x2: { field: "to" } },
      },
      {
        data: { values: [{ at: -MARK }, { at: MARK }] },
        mark: { type: "rule", color: colour("soft"), strokeDash: [4, 4] },
        encoding: { x: { ...x, field: "at" } },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 60, opacity: 0.9 },
        encoding: {
          x: { ...x, field: "smd" },
          y: {
            field: "feature",
            type: "nominal",
            sort: features,
            axis: { title: null, grid: true, labelLimit: narrow ? 160 : 220 },
          },
          color: {
            field: "arm",
            type: "nominal",
            sort: null,
            legend: { title: null, columns: narrow ? 2 : 5, labelLimit: 140 },
          },
        },
      },
    ],
  };
}
