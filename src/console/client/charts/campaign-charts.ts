// Campaign charts: spend against the curve, decisions by what came of them, and what other budgets would bring.

import { useState } from "preact/hooks";
import uPlot from "uplot";
import { DECISION_GROUPS } from "../../../domain/glossary.ts";
import { whole } from "../../../domain/figures.ts";
import type { BudgetDial } from "../../views/budget-dial.ts";
import type { CampaignPage } from "../../views/pages/campaign-page.ts";
import type { Currency } from "../../views/pages/campaigns-page.ts";
import type { MinuteOfDecisions } from "../../views/model/decision-rates.ts";
import { axesOf, Chart, plain, timesOf, type Colours } from "./chart.ts";
import { compact, money } from "../parts/format.ts";
import { html } from "../parts/html.ts";
import { Mark } from "../parts/parts.ts";

/** Of each group of decisions: a custom property of the style sheet. */
const GROUP_COLOURS = ["spent", "c-cheaper", "c-nothing", "c-holdout", "c-throttled", "bad", "c-other"];

const SPEND_LEGEND = [
  ["spent", "spent"],
  ["reserved", "reserved"],
  ["ink", "as the curve means it"],
] as const;

export interface SpendChartProps {
  readonly page: CampaignPage;
  readonly currency: Currency;
  readonly timeZone: string;
  readonly nowMs: number;
}

export function SpendChart({ page, currency, timeZone, nowMs }: SpendChartProps) {
  const [isWhole, setWhole] = useState(false);
  const points = page.spend.points;
  const curve = isWhole ? page.spend.curve : until(page.spend.curve, nowMs);
  const data = uPlot.join([
    [
      points.map(({ atMs }) => atMs / 1_000),
      points.map(({ spent, reserved }) => spent + reserved),
      points.map(({ spent }) => spent),
    ],
    [curve.map(({ atMs }) => atMs / 1_000), curve.map(({ minor }) => minor)],
  ]);
  const units = 10 ** (currency.digits ?? 0);
  const options = (colours: Colours) => ({
    ...plain(timeZone),
    axes: timesOf(colours, timeZone, (value) => compact(value / units)),
    scales: {
      y: { range: (_: uPlot, __: number, most: number): [number, number] => [0, Math.max(most * 1.05, units)] },
    },
    series: [
      {},
      { stroke: colours.of("reserved"), fill: colours.of("reserved"), spanGaps: true, points: { show: false } },
      { stroke: colours.of("spent"), fill: colours.of("spent"), spanGaps: true, points: { show: false } },
      // Over what is filled.
      { stroke: colours.of("ink"), dash: [4, 4], width: 1.5, spanGaps: true, points: { show: false } },
    ],
  });
  const last = points.at(-1);
  const label =
    last === undefined
      ? "Nothing has been spent yet"
      : `Over time: now ${money(last.spent, currency)} spent and ${money(last.reserved, currency)} reserved`;
  const choice = (all: boolean, name: string) =>
    html`<button type="button" class="small" aria-pressed=${isWhole === all} onClick=${() => setWhole(all)}>${name}</button>`;
  return html`
    <div class="choices" role="group" aria-label="Time shown">${choice(false, "So far")}${choice(true, "Whole period")}</div>
    <${Legend} entries=${SPEND_LEGEND} unit=${currency.code} />
    <${Chart} label=${label} height=${260} data=${data} options=${options} of=${`${currency.code} ${timeZone}`} />
  `;
}

/** With a last point at that time, on the line between its neighbours. */
function until(curve: CampaignPage["spend"]["curve"], nowMs: number): CampaignPage["spend"]["curve"] {
  const came = curve.filter(({ atMs }) => atMs <= nowMs);
  const [before, after] = [came.at(-1), curve[came.length]];
  if (before === undefined || after === undefined) return came;
  const share = (nowMs - before.atMs) / (after.atMs - before.atMs);
  return [...came, { atMs: nowMs, minor: before.minor + share * (after.minor - before.minor) }];
}

const MINUTE_MS = 60_000;
const LEAST_MINUTES = 30;

export interface DecisionsChartProps {
  readonly minutes: readonly MinuteOfDecisions[];
  readonly nowMs: number;
  readonly timeZone: string;
}

export function DecisionsChart({ minutes, nowMs, timeZone }: DecisionsChartProps) {
  const all = everyMinute(minutes, nowMs);
  const lastSeconds = Math.floor(nowMs / MINUTE_MS) * 60;
  const times = all.map((_, at) => lastSeconds - (all.length - 1 - at) * 60);
  const counts = DECISION_GROUPS.map(({ reasons }) =>
    all.map((minute) => reasons.reduce((sum, reason) => sum + (minute?.counts[reason] ?? 0), 0)),
  );
  const stacked = counts.map((_, group) =>
    times.map((__, at) => counts.slice(0, group + 1).reduce((sum, each) => sum + (each[at] ?? 0), 0)),
  );
  const bars = uPlot.paths.bars;
  const options = (colours: Colours) => ({
    ...plain(timeZone),
    axes: timesOf(colours, timeZone, whole),
    scales: {
      y: { range: (_: uPlot, __: number, most: number): [number, number] => [0, Math.max(4, most * 1.05)] },
    },
    // The highest stack first, so that those below are drawn over it.
    series: [
      {},
      ...GROUP_COLOURS.toReversed().map((name) => ({
        fill: colours.of(name),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars({ size: [0.8, 40, 1], align: 1 }) }),
      })),
    ],
  });
  const total = counts.flat().reduce((sum, count) => sum + count, 0);
  return html`
    <${Legend} entries=${DECISION_GROUPS.map(({ name }, at) => [GROUP_COLOURS[at], name])} unit="decisions a minute" />
    <${Chart}
      label=${`${whole(total)} decisions in the last two hours, by what came of them`}
      height=${220}
      data=${[times, ...stacked.toReversed()]}
      options=${options}
      of=${timeZone}
    />
  `;
}

/** Also those minutes in which nobody came; at least half an hour of them. */
function everyMinute(minutes: readonly MinuteOfDecisions[], nowMs: number): readonly (MinuteOfDecisions | null)[] {
  const known = new Map(minutes.map((minute) => [minute.atMs, minute]));
  const last = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const first = Math.min(minutes[0]?.atMs ?? last, last - LEAST_MINUTES * MINUTE_MS);
  return Array.from({ length: (last - first) / MINUTE_MS + 1 }, (_, at) => known.get(first + at * MINUTE_MS) ?? null);
}

export function DialChart({ dial, currency }: { dial: BudgetDial; currency: Currency }) {
  const units = 10 ** (currency.digits ?? 0);
  const data: uPlot.AlignedData = [
    dial.points.map(({ change }) => change / units),
    dial.points.map(({ extra }) => extra),
  ];
  const options = (colours: Colours) => {
    const [x, y] = axesOf(colours, (value) => `${value > 0 ? "+" : ""}${compact(value)}`);
    return {
      ...plain("UTC"),
      scales: { x: { time: false } },
      axes: [
        { ...x, values: (_: uPlot, ticks: number[]) => ticks.map((tick) => `${tick > 0 ? "+" : ""}${compact(tick)}`) },
        y,
      ],
      series: [{}, { stroke: colours.of("accent"), width: 2, points: { show: false } }],
    };
  };
  const { change, more } = dial.example;
  return html`
    <${Legend} entries=${[["accent", `extra ${dial.unit}`]]} unit=${`by ${currency.code} more or less of budget`} />
    <${Chart}
      label=${`${money(change, currency)} more would bring about ${whole(more)} ${dial.unit}`}
      height=${200}
      data=${data}
      options=${options}
      of=${currency.code}
    />
  `;
}

/** Of what is drawn as a line. */
const FORMS: Readonly<Record<string, "line" | "dashed">> = { accent: "line", ink: "dashed" };

function Legend({ entries, unit }: { entries: readonly (readonly [string, string])[]; unit: string }) {
  return html`<ul class="legend">
    ${entries.map(([colour, name]) => html`<li key=${name}><${Mark} colour=${colour} form=${FORMS[colour]} />${name}</li>`)}
    <li class="unit">${unit}</li>
  </ul>`;
}
