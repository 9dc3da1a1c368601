// Money charts: spent and reserved money against the curve, and what came of the sessions. Amounts are in major units.

import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../../domain/money/currency.ts";
import { DECISION_GROUPS } from "../../../domain/glossary.ts";
import type { Size } from "../../page/chart.ts";
import { colour } from "../../page/palette.ts";
import type { DayReport } from "../day-figures.ts";
import { HOURS } from "./axes.ts";

/** Of DECISION_GROUPS; the console has the same. */
const GROUP_COLOURS = (["spent", "c-cheaper", "c-nothing", "c-holdout", "c-throttled", "bad", "c-other"] as const).map(
  colour,
);

export function moneySpec({ money, figures, currency }: DayReport, { narrow }: Size): TopLevelSpec {
  const unit = minorPerMajor(currency);
  const areas = money.flatMap(({ hour, posted, pending }) => [
    { hour, kind: "spent", order: 0, amount: posted / unit },
    { hour, kind: "reserved", order: 1, amount: pending / unit },
  ]);
  const budget = figures.accounts.plan.budget / unit;
  const lines = [
    ...money.flatMap(({ hour, curve }) =>
      curve === null ? [] : [{ hour, kind: "as the curve means it", amount: curve / unit }],
    ),
    ...[0, 24].map((hour) => ({ hour, kind: "budget", amount: budget })),
  ];
  const color = {
    field: "kind",
    type: "nominal" as const,
    scale: {
      domain: ["reserved", "spent", "as the curve means it", "budget"],
      range: (["reserved", "spent", "ink", "bad"] as const).map(colour),
    },
    legend: { title: null, columns: narrow ? 1 : 4, symbolType: "square" },
  };
  return {
    height: 300,
    layer: [
      {
        data: { values: areas },
        mark: { type: "area", interpolate: "step-after" },
        encoding: {
          x: HOURS,
          y: { field: "amount", type: "quantitative", stack: "zero", axis: { title: currency } },
          color,
          order: { field: "order", type: "quantitative" },
        },
      },
      {
        data: { values: lines },
        mark: { type: "line", strokeWidth: 1.6 },
        encoding: {
          x: HOURS,
          y: { field: "amount", type: "quantitative" },
          color,
          strokeDash: {
            field: "kind",
            type: "nominal",
            scale: {
              domain: ["as the curve means it", "budget"],
              range: [
                [5, 3],
                [1, 0],
              ],
            },
            legend: null,
          },
        },
      },
    ],
  };
}

export function reasonsSpec({ reasonsByHour }: DayReport, { narrow }: Size): TopLevelSpec {
  const values = reasonsByHour.map(({ hour, reason, sessions }) => {
    const order = DECISION_GROUPS.findIndex(({ reasons }) => reasons.some((each) => each === reason));
    return { hour, sessions, order, group: DECISION_GROUPS[order]?.name ?? reason };
  });
  const seen = DECISION_GROUPS.map(({ name }, index) => ({ name, colour: GROUP_COLOURS[index] ?? "" })).filter(
    ({ name }) => values.some(({ group }) => group === name),
  );
  return {
    height: 240,
    data: { values },
    mark: { type: "bar", binSpacing: 0 },
    encoding: {
      x: { ...HOURS, bin: { step: narrow ? 0.5 : 0.25, extent: [0, 24] } },
      y: {
        field: "sessions",
        type: "quantitative",
        aggregate: "sum",
        axis: { title: `decisions in ${narrow ? "half" : "a quarter of"} an hour` },
      },
      color: {
        field: "group",
        type: "nominal",
        scale: { domain: seen.map(({ name }) => name), range: seen.map((group) => group.colour) },
        legend: { title: null },
      },
      order: { field: "order", type: "quantitative" },
    },
  };
}
