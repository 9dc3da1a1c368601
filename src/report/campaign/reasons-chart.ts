// Reasons chart: decisions over time by what came of them, each bar a length of time.

import type { TopLevelSpec } from "vega-lite";
import { DECISION_GROUPS } from "../../domain/glossary.ts";
import type { Size } from "../page/chart.ts";
import { colour } from "../page/palette.ts";
import type { TimeAxis } from "../page/time-axis.ts";

export interface ReasonsOverTime {
  readonly axis: TimeAxis;
  readonly rows: readonly {
    /** Which bar, counted from the axis' beginning. */
    readonly bar: number;
    readonly reason: string;
    readonly sessions: number;
  }[];
  /** How long a bar is, as the axis has it, in words; on a narrow page so many of them are one. */
  readonly bars: {
    readonly length: number;
    readonly words: string;
    readonly narrow: { readonly together: number; readonly words: string };
  };
}

/** Of DECISION_GROUPS; the console has the same. */
const GROUP_COLOURS = (["spent", "c-cheaper", "c-nothing", "c-holdout", "c-throttled", "bad", "c-other"] as const).map(
  colour,
);

export function reasonsSpec({ axis, rows, bars }: ReasonsOverTime, { narrow }: Size): TopLevelSpec {
  const together = narrow ? bars.narrow.together : 1;
  const length = bars.length * together;
  const counts = new Map<number, number[]>();
  for (const { bar, reason, sessions } of rows) {
    const group = DECISION_GROUPS.findIndex(({ reasons }) => reasons.some((each) => each === reason));
    const at = Math.floor(bar / together);
    const of = counts.get(at) ?? DECISION_GROUPS.map(() => 0);
    // A reason of another version of the log is one of the others.
    const place = group < 0 ? of.length - 1 : group;
    of[place]! += sessions;
    counts.set(at, of);
  }
  // The bars are stacked here: a ranged bar over time would not be.
  const values = [...counts].flatMap(([bar, of]) => {
    let low = 0;
    return of.flatMap((sessions, group) => {
      if (sessions === 0) return [];
      const from = axis.ends[0] + bar * length;
      const to = Math.min(from + length, axis.ends[1]);
      return [{ from, to, group: DECISION_GROUPS[group]?.name ?? "other", low, high: (low += sessions) }];
    });
  });
  const seen = DECISION_GROUPS.map(({ name }, index) => ({ name, colour: GROUP_COLOURS[index] ?? "" })).filter(
    ({ name }) => values.some(({ group }) => group === name),
  );
  return {
    height: 240,
    data: { values },
    mark: { type: "rect" },
    encoding: {
      x: { field: "from", ...axis.encoding },
      x2: { field: "to" },
      y: {
        field: "low",
        type: "quantitative",
        axis: { title: `decisions in ${narrow ? bars.narrow.words : bars.words}` },
      },
      y2: { field: "high" },
      color: {
        field: "group",
        type: "nominal",
        scale: { domain: seen.map(({ name }) => name), range: seen.map((group) => group.colour) },
        legend: { title: null },
      },
    },
  };
}
