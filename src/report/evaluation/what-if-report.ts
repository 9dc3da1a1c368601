// What-if report
// One page about recorded sessions decided again with one thing changed: what was spent over time, why sessions got what
// they got, and which arms, beside the same played again unchanged, and beside what was. It is given figures and draws them.

import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../domain/currency.ts";
import { formatMean } from "../../domain/money.ts";
import { drawChart } from "../page/chart.ts";
import { decimal, percent, whole } from "../page/figures.ts";
import { picture, renderPage, table, type Section } from "../page/page.ts";

export interface WhatIfColumn {
  readonly sessions: number;
  /** Of the plan account, with all holds ended. */
  readonly spentMinor: number;
  /** By the values of the release in force at each decision. */
  readonly expectedReward: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly arms: Readonly<Record<string, number>>;
  /** Spent by the end of each part of the time from the first session to the last. */
  readonly curve: readonly number[];
}

export interface WhatIfReport {
  readonly campaign: string;
  readonly currency: string;
  /** In words. */
  readonly changed: readonly string[];
  readonly asItWas: WhatIfColumn;
  readonly playedAgain: WhatIfColumn;
  readonly wouldHaveBeen: WhatIfColumn;
  /** Of the first session and the last. */
  readonly fromMs: number;
  readonly toMs: number;
}

type Named = readonly (readonly [name: string, column: WhatIfColumn])[];

export async function renderWhatIf(report: WhatIfReport): Promise<string> {
  const { campaign, changed, asItWas, playedAgain, wouldHaveBeen } = report;
  const columns: Named = [
    ["as it was", asItWas],
    ["played again", playedAgain],
    ["would have been", wouldHaveBeen],
  ];
  return renderPage({
    title: `What would have been: ${campaign}`,
    subtitle: changed.join(", "),
    notices: [
      {
        kind: "note",
        text:
          "Who came and when, who was held out or capped, and what became of an incentive where the same one is given again " +
          "are as they were. What a user would have done under another arm is drawn with the redemption that the release says.",
      },
    ],
    figures: figuresOf(report),
    sections: [
      await spendSection(report, columns),
      await countSection("reasons", columns),
      await countSection("arms", columns),
    ],
    footer:
      "Played again: the same sessions and commands through the same code with nothing changed. How near it comes to what was " +
      "tells how far the third can be believed; the two are to be compared.",
  });
}

function figuresOf({ currency, playedAgain, wouldHaveBeen }: WhatIfReport) {
  const money = (amount: number): string => formatMean(amount, currency);
  const from = (before: string): string => `played again: ${before}`;
  return [
    { label: "Spent", value: money(wouldHaveBeen.spentMinor), hint: from(money(playedAgain.spentMinor)) },
    {
      label: "Expected reward",
      value: decimal(wouldHaveBeen.expectedReward),
      hint: from(`${decimal(playedAgain.expectedReward)}${changeText(playedAgain, wouldHaveBeen)}`),
    },
    { label: "Sessions drawn", value: whole(wouldHaveBeen.sessions), hint: from(whole(playedAgain.sessions)) },
  ];
}

function changeText({ expectedReward: before }: WhatIfColumn, { expectedReward: after }: WhatIfColumn): string {
  if (before === 0) return "";
  const change = after / before - 1;
  return ` (${change < 0 ? "" : "+"}${percent(change)})`;
}

async function spendSection({ currency, fromMs, toMs }: WhatIfReport, columns: Named): Promise<Section> {
  const values = columns.flatMap(([name, { curve }]) =>
    [0, ...curve].map((spent, part) => ({
      name,
      at: fromMs + (part / curve.length) * (toMs - fromMs),
      spent: spent / minorPerMajor(currency),
    })),
  );
  const format = toMs - fromMs > 2 * DAY_MS ? "%d %b" : "%H:%M";
  const spec: TopLevelSpec = {
    width: WIDTH,
    height: 280,
    data: { values },
    mark: { type: "line", strokeWidth: 2 },
    encoding: {
      x: { field: "at", type: "temporal", scale: { type: "utc" }, axis: { title: "time (UTC)", grid: false, format } },
      y: { field: "spent", type: "quantitative", axis: { title: `spent, ${currency}` } },
      color: COLOR,
      strokeDash: {
        ...COLOR,
        scale: {
          range: [
            [1, 0],
            [6, 4],
            [1, 0],
          ],
        },
      },
    },
  };
  return {
    title: "Spent over time",
    body: [picture(await drawChart(spec), "What the plan's account had spent, from the first session to the last")],
  };
}

async function countSection(of: "reasons" | "arms", columns: Named): Promise<Section> {
  const names = [...new Set(columns.flatMap(([, column]) => Object.keys(column[of])))].toSorted(byNumber);
  const values = names.flatMap((name) =>
    columns.map(([column, counts]) => ({ of: name, name: column, sessions: counts[of][name] ?? 0 })),
  );
  const spec: TopLevelSpec = {
    width: WIDTH,
    height: { step: 11 },
    data: { values },
    mark: "bar",
    encoding: {
      y: { field: "of", type: "nominal", sort: null, axis: { title: null, labelLimit: 300 } },
      yOffset: { field: "name", type: "nominal", sort: null },
      x: { field: "sessions", type: "quantitative", axis: { title: "sessions" } },
      color: COLOR,
    },
  };
  return {
    title: of === "arms" ? "Which arms" : "Why",
    body: [
      picture(
        await drawChart(spec),
        of === "arms" ? "Sessions by the arm that they got" : "Sessions by the reason of the decision",
      ),
      table(
        [{ title: of === "arms" ? "Arm" : "Reason" }, ...columns.map(([title]) => ({ title, number: true }))],
        names.map((name) => [name, ...columns.map(([, column]) => whole(column[of][name] ?? 0))]),
      ),
    ],
  };
}

const DAY_MS = 86_400_000;
const WIDTH = 760;
/** coupon-2 before coupon-10. */
const byNumber = new Intl.Collator("en", { numeric: true }).compare;
const COLOR = {
  field: "name",
  type: "nominal" as const,
  sort: null,
  legend: { title: null, orient: "bottom" as const },
};
