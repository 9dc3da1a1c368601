// What-if view: what was, what comes out when it is played again, and what would have been: a table, and the spend curves
// as a picture of text.

import { reasonWords } from "../../domain/glossary.ts";
import { formatMean } from "../../domain/money/money.ts";
import { tableText } from "../../terminal/table.ts";
import type { WhatIfColumn, WhatIfReport } from "../../report/evaluation/what-if-report.ts";

const BARS = "▁▂▃▄▅▆▇█";

/** `page`: where its pictures were written. */
export function whatIfText(whatIf: WhatIfReport, page?: string): string {
  const { campaign, currency, changed, asItWas, playedAgain, wouldHaveBeen } = whatIf;
  const columns = [asItWas, playedAgain, wouldHaveBeen];
  const names = (of: (column: WhatIfColumn) => Readonly<Record<string, number>>): string[] =>
    [...new Set(columns.flatMap((column) => Object.keys(of(column))))].toSorted();
  const row = (name: string, of: (column: WhatIfColumn) => string | number) => [
    name,
    ...columns.map((each) => `${of(each)}`),
  ];
  const most = Math.max(1, ...columns.flatMap(({ curve }) => curve));
  return [
    `${campaign}, ${changed.join(", ")}`,
    tableText(
      ["", "as it was", "played again", "would have been"],
      [
        row("sessions drawn", (column) => column.sessions),
        row("spent", (column) => formatMean(column.spentMinor, currency)),
        row("expected reward", (column) => column.expectedReward.toFixed(1)),
        ...names((column) => column.reasons).map((name) =>
          row(reasonWords(name), (column) => column.reasons[name] ?? 0),
        ),
        ...names((column) => column.arms).map((name) => row(`arm ${name}`, (column) => column.arms[name] ?? 0)),
      ],
    ),
    "spent over the time from the first session to the last:",
    ...[
      ["as it was", asItWas] as const,
      ["played again", playedAgain] as const,
      ["would have been", wouldHaveBeen] as const,
    ].map(([name, { curve }]) => `${name.padEnd(16)}${curve.map((spent) => barOf(spent / most)).join("")}`),
    ...(page === undefined ? [] : [`page with pictures: ${page}`]),
  ].join("\n");
}

function barOf(share: number): string {
  return BARS[Math.min(BARS.length - 1, Math.max(0, Math.floor(share * BARS.length)))] ?? "";
}
