// What if: the range that is looked back at, played again with another budget or curve.

import { useState } from "preact/hooks";
import type { LookBackAnswer } from "../../server/look-back.ts";
import { CurveFields, type Curve } from "../forms/curve-fields.ts";
import { valueOf } from "../forms/fields.ts";
import { useTold } from "../live/told.ts";
import { Frame } from "../parts/frame.ts";
import { goTo } from "../parts/go-to.ts";
import { html } from "../parts/html.ts";
import { Note, Panel } from "../parts/parts.ts";
import { Working } from "../parts/working.ts";

/** Which range, as an address has it. */
export interface AskedAt {
  readonly campaign: string;
  readonly from: string;
  readonly to: string;
  /** Null: it was not asked for. */
  readonly whatIf: AskedWhatIf | null;
}

/** As an address has it. */
export interface AskedWhatIf {
  readonly budget?: string;
  readonly curve?: string;
  readonly points?: string;
}

export function whatIfIn(query: URLSearchParams): AskedWhatIf | null {
  const [budget, curve, points] = ["budget", "curve", "points"].map((name) => query.get(name) ?? "");
  const asked = { ...(budget ? { budget } : {}), ...(curve ? { curve } : {}), ...(points ? { points } : {}) };
  return Object.keys(asked).length === 0 ? null : asked;
}

/** `2026-05-01T12:00Z=0.5`, by commas. */
function pointsText(points: Curve["points"]): string {
  return points.map(({ atMs, share }) => `${new Date(atMs).toISOString()}=${share}`).join(",");
}

function pointsIn(text: string): Curve["points"] {
  return text.split(",").flatMap((point) => {
    const [time = "", share = ""] = point.split("=");
    const atMs = Date.parse(time);
    return Number.isNaN(atMs) ? [] : [{ atMs, share: Number(share) }];
  });
}

function curveIn({ curve, points = "" }: AskedWhatIf): Curve | null {
  if (curve !== "asap" && curve !== "even" && curve !== "points") return null;
  return { mode: curve, points: pointsIn(points) };
}

/** Its fields begin with what the address has: made anew for another one. */
export function WhatIf({ asked }: { asked: AskedAt }) {
  const { campaign, from, to, whatIf } = asked;
  const [budget, setBudget] = useState(whatIf?.budget ?? "");
  const [curve, setCurve] = useState<Curve | null>(whatIf === null ? null : curveIn(whatIf));
  const submit = (event: Event): void => {
    event.preventDefault();
    const query = new URLSearchParams({ campaign, from, to });
    if (budget.trim() !== "") query.set("budget", budget.trim());
    if (curve !== null) query.set("curve", curve.mode);
    if (curve !== null && curve.points.length > 0) query.set("points", pointsText(curve.points));
    goTo(`/look-back?${query}`);
  };
  return html`
    <${Panel} title="What if" note="The same sessions decided again, from the beginning of this range on with another budget or another curve. What somebody would have done with another offer is drawn by what the release in force says.">
      <form class="what-if" onSubmit=${submit}>
        <label>Another budget, in all
          <input inputmode="decimal" autocomplete="off" placeholder="as it was" value=${budget} onInput=${(event: InputEvent) => setBudget(valueOf(event))} /></label>
        <label class="check"><input type="checkbox" checked=${curve !== null} onChange=${() => setCurve(curve === null ? { mode: "even", points: [] } : null)} /> Another curve</label>
        ${curve !== null && html`<${CurveFields} curve=${curve} onCurve=${setCurve} campaign=${campaign} />`}
        <button type="submit" class="primary" disabled=${budget.trim() === "" && curve === null}>Play it again</button>
      </form>
    <//>
    ${whatIf !== null && html`<${WouldBe} asked=${asked} whatIf=${whatIf} />`}
  `;
}

function WouldBe({ asked: { campaign, from, to }, whatIf }: { asked: AskedAt; whatIf: AskedWhatIf }) {
  const telling = useTold<LookBackAnswer>(`/api/what-if?${new URLSearchParams({ campaign, from, to, ...whatIf })}`);
  if (telling.kind === "working") return html`<${Working} told=${telling.told} />`;
  if (telling.kind === "fault") return html`<${Note} kind="bad" text=${telling.fault.message} />`;
  if (telling.kind === "none") return null;
  const { page } = telling;
  return page.kind === "empty"
    ? html`<${Note} kind="note" text=${page.text} />`
    : html`<${Frame} title="What would have been" src=${page.url} />`;
}
