// What-if report
// One page about recorded sessions decided again with one thing changed: what was spent over time, why sessions got what
// they got, and which offers, beside the same played again unchanged, and beside what was. It is given figures and draws them.

import type { TopLevelSpec } from "vega-lite";
import { minorPerMajor } from "../../domain/money/currency.ts";
import { formatMean } from "../../domain/money/money.ts";
import { wallTime } from "../../domain/calendar.ts";
import { reasonWords } from "../../domain/glossary.ts";
import { drawChart, wrapped, type Size } from "../page/chart.ts";
import { whole, decimal, percent, signed } from "../../domain/figures.ts";
import { picture, renderPage, table, type Section, type VerdictTile } from "../page/page.ts";
import { colour } from "../page/palette.ts";

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
  /** The campaign's. */
  readonly timeZone: string;
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
          "are as they were. What a user would have done with another offer is drawn with the redemption that the release says.",
      },
    ],
    verdicts: [verdictOf(report)],
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

function verdictOf({ currency, playedAgain, wouldHaveBeen }: WhatIfReport): VerdictTile {
  const spent = wouldHaveBeen.spentMinor - playedAgain.spentMinor;
  const reward = wouldHaveBeen.expectedReward - playedAgain.expectedReward;
  return {
    label: "What it would have changed",
    kind: "note",
    value:
      `${formatMean(Math.abs(spent), currency)} ${spent < 0 ? "less" : "more"} spent, ` +
      `${signed(reward)} expected reward${changeText(playedAgain, wouldHaveBeen)}`,
    hint: "Against the same sessions played again unchanged. What is expected is the release's own estimate; it has no interval here.",
  };
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

async function spendSection({ currency, timeZone, fromMs, toMs }: WhatIfReport, columns: Named): Promise<Section> {
  const values = columns.flatMap(([name, { curve }]) =>
    [0, ...curve].map((spent, part) => ({
      name,
      at: wallTime(timeZone, fromMs + (part / curve.length) * (toMs - fromMs)),
      spent: spent / minorPerMajor(currency),
    })),
  );
  const format = toMs - fromMs > 2 * DAY_MS ? "%d %b" : "%H:%M";
  const spec: TopLevelSpec = {
    height: 280,
    data: { values },
    mark: { type: "line", strokeWidth: 2 },
    encoding: {
      x: {
        field: "at",
        type: "temporal",
        scale: { type: "utc" },
        axis: { title: `time (${timeZone})`, grid: false, format },
      },
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
    body: [picture(await drawChart(() => spec), "What was spent of the budget, from the first session to the last")],
  };
}

async function countSection(of: "reasons" | "arms", columns: Named): Promise<Section> {
  const names = [...new Set(columns.flatMap(([, column]) => Object.keys(column[of])))].toSorted(byNumber);
  const spec = (size: Size): TopLevelSpec => ({
    height: { step: 12 },
    data: {
      values: names.flatMap((name) =>
        columns.map(([column, counts]) => ({
          of: wrapped(worded(of, name), size),
          name: column,
          sessions: counts[of][name] ?? 0,
        })),
      ),
    },
    mark: "bar",
    encoding: {
      y: { field: "of", type: "nominal", sort: null, axis: { title: null, labelLimit: 300 } },
      yOffset: { field: "name", type: "nominal", sort: null },
      x: { field: "sessions", type: "quantitative", axis: { title: "sessions" } },
      color: COLOR,
    },
  });
  return {
    title: of === "arms" ? "Which offers" : "Why",
    body: [
      picture(
        await drawChart(spec),
        of === "arms" ? "Sessions by the offer that they got" : "Sessions by the reason of the decision",
      ),
      table(
        [{ title: of === "arms" ? "Offer" : "Reason" }, ...columns.map(([title]) => ({ title, number: true }))],
        names.map((name) => [worded(of, name), ...columns.map(([, column]) => whole(column[of][name] ?? 0))]),
      ),
    ],
  };
}

const DAY_MS = 86_400_000;
/** coupon-2 before coupon-10. */
const byNumber = new Intl.Collator("en", { numeric: true }).compare;
const COLOR = {
  field: "name",
  type: "nominal" as const,
  scale: {
    domain: ["as it was", "played again", "would have been"],
    range: [colour("c-nothing"), colour("p-mix"), colour("accent")],
  },
  legend: { title: null },
};

/** A reason in the glossary's words; an offer as it is called. */
function worded(of: "reasons" | "arms", name: string): string {
  return of === "reasons" ? reasonWords(name) : name;
}
