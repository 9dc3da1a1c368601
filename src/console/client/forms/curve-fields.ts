// Curve fields: how a budget is to go out: evenly, at once, or along points that can be added, moved and taken out; and what that
// looks like before it is sent.

import type { CampaignPage } from "../../views/pages/campaign-page.ts";
import { useLive, type Live } from "../live/live.ts";
import { plain, timesOf, Chart, type Colours } from "../charts/chart.ts";
import { amount, clockTime } from "../parts/format.ts";
import { html } from "../parts/html.ts";
import { valueOf } from "./fields.ts";

export interface Curve {
  readonly mode: "even" | "asap" | "points";
  readonly points: readonly { readonly atMs: number; readonly share: number }[];
}

/** Whose curve it is. */
interface CurveOf {
  readonly startMs: number;
  readonly endMs: number;
  readonly timeZone: string;
  /** Of an even curve, at times that part the period evenly. */
  readonly even: readonly number[];
  /** Each day or week has a budget of its own: then there are no points. */
  readonly hasPeriod: boolean;
}

export interface CurveFieldsProps {
  readonly curve: Curve;
  readonly onCurve: (curve: Curve) => void;
  /** Its id: what else there is to know of it is asked for. */
  readonly campaign: string;
}

export function CurveFields({ curve: { mode, points }, onCurve, campaign }: CurveFieldsProps) {
  const of = curveOf(useLive<CampaignPage>(`/api/campaigns/${encodeURIComponent(campaign)}`));
  const choose = (value: string): void => {
    const chosen = value === "asap" || value === "points" ? value : "even";
    onCurve({
      mode: chosen,
      points: chosen !== "points" || of === null ? [] : points.length > 0 ? points : firstPoints(of),
    });
  };
  return html`
    <label>The budget goes out
      <select value=${mode} onChange=${(event: Event) => choose(valueOf(event))}>
        <option value="even">evenly over the traffic</option>
        <option value="asap">as soon as possible</option>
        ${of?.hasPeriod === false && html`<option value="points">along points of your own</option>`}
      </select></label>
    ${of !== null && mode === "points" && html`<${Points} points=${points} of=${of} onPoints=${(next: Curve["points"]) => onCurve({ mode, points: next })} />`}
    ${of === null ? html`<p class="quiet">Reading the campaign's period…</p>` : html`<${CurvePreview} curve=${{ mode, points }} of=${of} />`}
  `;
}

function curveOf(live: Live<CampaignPage>): CurveOf | null {
  if (live.kind !== "here") return null;
  const { row, settings } = live.page;
  if (row.period === null || settings === null) return null;
  return { ...row.period, even: settings.even, hasPeriod: settings.period !== null };
}

/** Half of it by the middle, all of it by the end. */
function firstPoints({ startMs, endMs }: CurveOf): Curve["points"] {
  return [
    { atMs: wholeMinute((startMs + endMs) / 2), share: 0.5 },
    { atMs: endMs, share: 1 },
  ];
}

const MINUTE_MS = 60_000;

function wholeMinute(ms: number): number {
  return Math.round(ms / MINUTE_MS) * MINUTE_MS;
}

interface PointsProps {
  readonly points: Curve["points"];
  readonly of: CurveOf;
  readonly onPoints: (points: Curve["points"]) => void;
}

function Points({ points, of, onPoints }: PointsProps) {
  const change = (at: number, point: Partial<Curve["points"][number]>): void =>
    onPoints(points.map((each, index) => (index === at ? { ...each, ...point } : each)));
  const add = (): void => {
    const [before, last] = [points.at(-2) ?? { atMs: of.startMs, share: 0 }, points.at(-1)];
    const end = last ?? { atMs: of.endMs, share: 1 };
    const between = { atMs: wholeMinute((before.atMs + end.atMs) / 2), share: (before.share + end.share) / 2 };
    onPoints([...points.slice(0, -1), between, end]);
  };
  return html`
    <p class="note">${`Times in ${of.timeZone}. Each point says what share of the budget may be out by then; the last is 100 %.`}</p>
    ${points.map(
      ({ atMs, share }, at) => html`<div class="inline" key=${at}>
        <label>By <input type="datetime-local" required value=${clockTime(atMs, of.timeZone)}
          onChange=${(event: Event) => change(at, { atMs: instantOf(valueOf(event), of.timeZone) })} /></label>
        <label>share, % <input type="number" min="0" max="100" step="any" required value=${String(Number((share * 100).toFixed(4)))}
          onInput=${(event: InputEvent) => change(at, { share: Number(valueOf(event)) / 100 })} /></label>
        <button type="button" class="small" aria-label=${`Remove point ${at + 1}`} disabled=${points.length === 1}
          onClick=${() => onPoints(points.filter((_, index) => index !== at))}>Remove</button>
      </div>`,
    )}
    ${points.length < MOST_POINTS && html`<button type="button" class="small" onClick=${add}>Add a point</button>`}
  `;
}

const MOST_POINTS = 50;

/** Of what a field for a time holds, in the clocks of the zone. */
function instantOf(typed: string, timeZone: string): number {
  const asIfUtc = Date.parse(`${typed}Z`);
  const ahead = (ms: number): number => Date.parse(`${clockTime(ms, timeZone)}Z`) - wholeMinute(ms);
  const near = asIfUtc - ahead(asIfUtc);
  return asIfUtc - ahead(near);
}

function CurvePreview({ curve, of }: { curve: Curve; of: CurveOf }) {
  const line = lineOf(curve, of);
  const seconds = (ms: number): number => ms / 1_000;
  const options = (colours: Colours) => ({
    ...plain(of.timeZone),
    axes: timesOf(colours, of.timeZone, (value) => `${amount(value, 0)} %`),
    scales: {
      x: { range: (): [number, number] => [seconds(of.startMs), seconds(of.endMs)] },
      y: { range: (): [number, number] => [0, 105] },
    },
    series: [{}, { stroke: colours.of("ink"), dash: [4, 4], width: 1.5, points: { show: curve.mode === "points" } }],
  });
  return html`<${Chart}
    label="The curve: what share of the budget may be out by when"
    height=${180}
    data=${[line.map(({ atMs }) => seconds(atMs)), line.map(({ share }) => 100 * share)]}
    options=${options}
    of=${`${curve.mode} ${of.startMs} ${of.endMs} ${of.timeZone}`}
  />`;
}

function lineOf({ mode, points }: Curve, { startMs, endMs, even }: CurveOf): Curve["points"] {
  if (mode === "asap") return [startMs, endMs].map((atMs) => ({ atMs, share: 1 }));
  if (mode === "even")
    return even.map((share, at) => ({ atMs: startMs + ((endMs - startMs) * at) / (even.length - 1), share }));
  // While it is typed a point may be earlier than the one before it: then it is drawn in its time.
  return [{ atMs: startMs, share: 0 }, ...points].toSorted((a, b) => a.atMs - b.atMs);
}
