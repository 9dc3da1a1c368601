// Driving section: which features a release's plan rests on, by how much less it would have brought had each been dealt out
// among the users by chance.

import { minorPerMajor } from "../../domain/money/currency.ts";
import type { TopLevelSpec } from "vega-lite";
import { drawChart, type Size } from "../page/chart.ts";
import { whole, percent, perThousand, short } from "../../domain/figures.ts";
import { html, picture, table, type Html, type Section } from "../page/page.ts";
import { colour } from "../page/palette.ts";
import type { DrivingFigures } from "./evaluation-figures.ts";

/** Of the features in the table, those that are drawn. */
const DRAWN = 15;

export interface DrivingOptions {
  readonly reward: string;
  readonly currency: string;
  readonly confidence: number;
}

export async function drivingSection(
  driving: readonly DrivingFigures[],
  { reward, currency, confidence }: DrivingOptions,
): Promise<Section> {
  const body: Html[] = [];
  for (const each of driving) {
    if (driving.length > 1) body.push(html`<h3>Release ${each.release}</h3>`);
    const shown = Math.min(DRAWN, each.features.length);
    body.push(
      picture(
        await drawChart((size) => drivingSpec(each, reward, size)),
        `${reward} of 1,000 sessions that the plan would have brought less without the feature, the ` +
          `${shown < each.features.length ? `${shown} of ${each.features.length} with the most` : `${shown} features`}, ` +
          `with ${percent(confidence, 0)} intervals: at ${perThousand(each.budget / minorPerMajor(currency))} ${currency} for 1,000 ` +
          `sessions, on ${whole(each.rows)} rows, each feature dealt out ${each.repeats === 1 ? "once" : `${each.repeats} times`}`,
      ),
      table(
        [
          { title: "Feature" },
          { title: `Brings less without it: ${reward}`, number: true },
          { title: "Users in another segment", number: true },
        ],
        each.features.map(({ name, fall: { value, low, high }, movedShare }) => [
          name,
          movedShare === 0
            ? "not looked at"
            : `${short(1_000 * value)} (${short(1_000 * low)} to ${short(1_000 * high)})`,
          percent(movedShare),
        ]),
      ),
    );
  }
  return {
    title: "What the segments rest on",
    caption:
      "Each feature in turn was dealt out among the users by chance, and the plan of the middle budget judged again on the segments " +
      "that they are then taken for, at the same spend: what it brings less is what the feature is good for. Features that say " +
      "the same stand in for each other, and each then seems good for little. Of twenty features that are good for nothing, one " +
      "interval is expected to leave out zero.",
    body,
  };
}

function drivingSpec({ features }: DrivingFigures, reward: string, { narrow }: Size): TopLevelSpec {
  const values = features.slice(0, DRAWN).map(({ name, fall: { value, low, high } }) => ({
    ...{ feature: name, value: 1_000 * value, low: 1_000 * low, high: 1_000 * high },
  }));
  const x = {
    type: "quantitative" as const,
    axis: { title: narrow ? `fewer ${reward}` : `fewer ${reward} in 1,000 sessions` },
  };
  const y = {
    field: "feature",
    type: "nominal" as const,
    sort: values.map(({ feature }) => feature),
    axis: { title: null, grid: true, labelLimit: narrow ? 130 : 220 },
  };
  return {
    height: { step: 22 },
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: "rule", color: colour("edge") },
        encoding: { x: { ...x, field: "zero" } },
      },
      {
        data: { values },
        mark: { type: "rule", color: colour("accent"), opacity: 0.5, strokeWidth: 3 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 70, opacity: 1, color: colour("accent") },
        encoding: { x: { ...x, field: "value" }, y },
      },
    ],
  };
}
