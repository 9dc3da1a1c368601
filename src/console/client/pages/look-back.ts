// Look back: a range of a campaign's time as its report. The address has all that is asked for, so that it can be sent to others.

import { useState } from "preact/hooks";
import type { LookBackAnswer } from "../../server/look-back.ts";
import type { CampaignRow, CampaignsPage } from "../../views/pages/campaigns-page.ts";
import { valueOf } from "../forms/fields.ts";
import { useLive } from "../live/live.ts";
import { useTold } from "../live/told.ts";
import { clockTime } from "../parts/format.ts";
import { Frame } from "../parts/frame.ts";
import { goTo } from "../parts/go-to.ts";
import { html } from "../parts/html.ts";
import { Empty, Loaded, Note } from "../parts/parts.ts";
import { WhatIf, whatIfIn, type AskedAt } from "./what-if.ts";
import { Working } from "../parts/working.ts";

/** What an address asks for; null where it names none. */
export function askedIn(query: URLSearchParams): AskedAt | null {
  const [campaign, from, to] = [query.get("campaign"), query.get("from"), query.get("to")];
  return campaign === null || from === null || to === null ? null : { campaign, from, to, whatIf: whatIfIn(query) };
}

export function LookBack({ asked, campaign }: { asked: AskedAt | null; campaign: string | null }) {
  const live = useLive<CampaignsPage>("/api/campaigns");
  return html`
    <h1>Look back</h1>
    <${Loaded} live=${live} then=${({ campaigns }: CampaignsPage, atMs: number) =>
      campaigns.length === 0
        ? html`<${Empty} title="No campaign yet" text="Once a campaign has been live, any range of its time can be looked at here." />`
        : html`<${Form} key=${JSON.stringify(asked)} campaigns=${campaigns} named=${campaign ?? asked?.campaign ?? null} asked=${asked} nowMs=${atMs} />`} />
    ${asked !== null && html`<${Found} key=${`${asked.campaign} ${asked.from} ${asked.to}`} asked=${asked} />`}
  `;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface FormProps {
  readonly campaigns: readonly CampaignRow[];
  readonly named: string | null;
  readonly asked: AskedAt | null;
  readonly nowMs: number;
}

/** Its fields begin with what the address has: made anew for another one, so that nothing overwrites what is being typed. */
function Form({ campaigns, named, asked, nowMs }: FormProps) {
  const [id, setId] = useState(named ?? campaigns[0]?.id ?? "");
  const [from, setFrom] = useState(withClock(asked?.from ?? "", false));
  const [to, setTo] = useState(withClock(asked?.to ?? "", true));
  const period = campaigns.find((row) => row.id === id)?.period ?? null;
  const zone = period?.timeZone ?? "UTC";
  const choose = (range: readonly [from: string, to: string]): void =>
    goTo(`/look-back?${new URLSearchParams({ campaign: id, from: range[0], to: range[1] })}`);
  const submit = (event: Event): void => {
    event.preventDefault();
    choose([from, to]);
  };
  return html`<form class="panel asking" onSubmit=${submit}>
    <label>Campaign
      <select value=${id} onChange=${(event: Event) => setId(valueOf(event))}>
        ${campaigns.map((row) => html`<option key=${row.id} value=${row.id}>${row.id}</option>`)}
        ${campaigns.every((row) => row.id !== id) && html`<option value=${id}>${id}</option>`}
      </select>
    </label>
    <label>From <input type="datetime-local" required value=${from} onInput=${(event: InputEvent) => setFrom(valueOf(event))} /></label>
    <label>To <input type="datetime-local" required value=${to} onInput=${(event: InputEvent) => setTo(valueOf(event))} /></label>
    <button type="submit" class="primary">Look back</button>
    <p class="note">${`Times in ${zone}. `}${rangesOf(period, nowMs, zone).map(
      ([name, range]) =>
        html`<button type="button" class="small" key=${name} onClick=${() => choose(range)}>${name}</button>`,
    )}</p>
  </form>`;
}

/** Days of the campaign's zone, and the campaign as far as it has come. */
function rangesOf(
  period: CampaignRow["period"],
  nowMs: number,
  zone: string,
): readonly (readonly [name: string, range: readonly [from: string, to: string]])[] {
  const day = (ms: number): string => clockTime(ms, zone).slice(0, 10);
  const hours = (ms: number): string => clockTime(ms, zone);
  return [
    ["Last hour", [hours(nowMs - HOUR_MS), hours(nowMs + 60_000)]],
    ["Today", [day(nowMs), day(nowMs)]],
    ["Yesterday", [day(nowMs - DAY_MS), day(nowMs - DAY_MS)]],
    ["Last 7 days", [day(nowMs - 6 * DAY_MS), day(nowMs)]],
    ...(period === null
      ? []
      : [["Whole campaign", [hours(period.startMs), hours(Math.min(period.endMs, nowMs) + 60_000)]] as const]),
  ];
}

/** A day by itself, as the field for a time has it. */
function withClock(typed: string, isEnd: boolean): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(typed)) return typed;
  if (!isEnd) return `${typed}T00:00`;
  const next = new Date(Date.parse(`${typed}T00:00:00Z`) + DAY_MS);
  return Number.isNaN(next.getTime()) ? typed : next.toISOString().slice(0, 16);
}

function Found({ asked }: { asked: AskedAt }) {
  const { campaign, from, to } = asked;
  const telling = useTold<LookBackAnswer>(`/api/look-back?${new URLSearchParams({ campaign, from, to })}`);
  if (telling.kind === "working") return html`<${Working} told=${telling.told} />`;
  if (telling.kind === "fault") return html`<${Note} kind="bad" text=${telling.fault.message} />`;
  if (telling.kind === "none") return null;
  const { page } = telling;
  if (page.kind === "empty") return html`<${Note} kind="note" text=${page.text} />`;
  return html`
    <${Frame} title=${`${campaign}, looked back at`} src=${page.url} />
    <p class="note"><a href=${page.url} target="_blank">This report as a page of its own</a>, to print or to save.</p>
    <${WhatIf} key=${JSON.stringify(asked.whatIf)} asked=${asked} />
  `;
}
