// User: what the log has of one user, and why each decision was what it was.

import { timeText } from "../../../domain/figures.ts";
import { useEffect, useState } from "preact/hooks";
import type { LivePage } from "../../server/live-pages.ts";
import type { UserEvent, UserPage } from "../../views/pages/user-page.ts";
import { valueOf } from "../forms/fields.ts";
import { moment, money } from "../parts/format.ts";
import { goTo } from "../parts/go-to.ts";
import { html } from "../parts/html.ts";
import { messageOf } from "../live/live.ts";
import { Empty, Note } from "../parts/parts.ts";
import { authorization } from "../live/token.ts";

export function User({ id }: { id: string | null }) {
  const [typed, setTyped] = useState(id ?? "");
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed.trim() !== "") goTo(`/users?id=${encodeURIComponent(typed.trim())}`);
  };
  return html`
    <h1>User</h1>
    <form class="search" role="search" onSubmit=${submit}>
      <label>User id <input type="search" autocomplete="off" spellcheck="false" value=${typed} onInput=${(event: InputEvent) => setTyped(valueOf(event))} /></label>
      <button type="submit" class="primary">Look up</button>
    </form>
    ${
      id === null
        ? html`<${Empty} title="Whose decisions?" text="A user id, as the application sends it, shows that user's sessions, decisions, money and outcomes." />`
        : html`<${Timeline} id=${id} />`
    }
  `;
}

type Found =
  | { readonly kind: "reading" }
  | { readonly kind: "fault"; readonly text: string }
  | { readonly kind: "here"; readonly page: UserPage };

const DAYS = [1, 7, 30, 90] as const;

function Timeline({ id }: { id: string }) {
  const [days, setDays] = useState<number>(7);
  const [found, setFound] = useState<Found>({ kind: "reading" });
  useEffect(() => {
    const ending = new AbortController();
    setFound({ kind: "reading" });
    void read(id, days, ending.signal).then((next) => {
      if (!ending.signal.aborted) setFound(next);
    });
    return () => ending.abort();
  }, [id, days]);
  const choices = DAYS.map(
    (each) =>
      html`<button type="button" class="small" key=${each} aria-pressed=${days === each} onClick=${() => setDays(each)}>${each === 1 ? "1 day" : `${each} days`}</button>`,
  );
  return html`
    <div class="panel">
      <div class="choices" role="group" aria-label="How far back">${choices}</div>
      <h2 class="id">${id}</h2>
      ${found.kind === "reading" && html`<p class="quiet" role="status">Reading the user's partition…</p>`}
      ${found.kind === "fault" && html`<${Note} kind="bad" text=${found.text} />`}
      ${found.kind === "here" && html`<${Events} page=${found.page} />`}
    </div>
  `;
}

async function read(id: string, days: number, signal: AbortSignal): Promise<Found> {
  const query = new URLSearchParams({ id, days: String(days) });
  try {
    const response = await fetch(`/api/users?${query}`, { headers: authorization(), signal });
    if (!response.ok) return { kind: "fault", text: await messageOf(response) };
    const { page } = (await response.json()) as LivePage;
    return { kind: "here", page: page as UserPage };
  } catch {
    return { kind: "fault", text: "The console cannot be reached." };
  }
}

function Events({ page: { partition, profile, events, sinceMs, isCut } }: { page: UserPage }) {
  return html`
    <p class="note">${`Partition ${partition}; ${sinceMs === null ? "all that the log keeps" : `since ${timeText(sinceMs, "UTC")}`}${isCut ? `; the latest ${events.length} events` : ""}. Times in UTC.`}</p>
    ${profile !== null && html`<details><summary>Profile, ${timeText(profile.atMs, "UTC")}</summary><${Attributes} of=${profile.attributes} /></details>`}
    ${
      events.length === 0
        ? html`<p class="quiet">The log has nothing of this user in that time.</p>`
        : html`<ol class="timeline">${events.map(
            (event, at) => html`<li key=${at} class=${event.kind}>
          <time>${moment(event.atMs)}</time>
          <div><${Event} event=${event} /></div>
        </li>`,
          )}</ol>`
    }
  `;
}

const MONEY_WORDS = {
  posted: "Money was spent",
  voided: "Reserved money came back: declined or refunded",
  expired: "Reserved money came back: the offer ended unused",
  late: "An outcome came after the offer's end: no money",
} as const;
const OUTCOME_WORDS = {
  redeemed: "Redeemed",
  converted: "Converted",
  declined: "Declined",
  refunded: "Refunded",
} as const;

function Event({ event }: { event: UserEvent }) {
  switch (event.kind) {
    case "session":
      return html`<strong>Session</strong> <code>${event.sessionId}</code>
        <small>${[event.campaign === null ? "no campaign named" : `campaign ${event.campaign}`, ...(event.surface === null ? [] : [`on ${event.surface}`])].join(", ")}</small>
        ${Object.keys(event.attributes).length > 0 && html`<details><summary>Attributes</summary><${Attributes} of=${event.attributes} /></details>`}`;
    case "decision":
      return html`<strong>${event.offer === null ? "Nothing was given" : `“${event.offer.id}” was given, ${money(event.offer.face, event.offer.currency)}`}</strong>
        <p>${event.sentence}</p>
        <small>${[event.campaign ?? "no campaign", `decision ${event.decisionId}`, ...(event.release === null ? [] : [`release ${event.release.slice(0, 12)}`]), ...(event.validUntilMs === null ? [] : [`valid until ${timeText(event.validUntilMs, "UTC")}`])].join(" · ")}</small>`;
    case "outcome":
      return html`<strong>${OUTCOME_WORDS[event.what]}</strong> <small>${`of decision ${event.decisionId}`}</small>
        ${Object.keys(event.rewards).length > 0 && html`<${Attributes} of=${event.rewards} />`}`;
    case "money":
      return html`<strong>${MONEY_WORDS[event.status]}</strong>
        <p>${event.currency === null ? "" : `${money(event.spent, event.currency)} spent, ${money(event.backed, event.currency)} back`}</p>
        <small>${`of decision ${event.decisionId}`}</small>`;
    default:
      return event satisfies never;
  }
}

function Attributes({ of }: { of: Readonly<Record<string, unknown>> }) {
  return html`<dl class="pairs">${Object.entries(of).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${String(value)}</dd>`)}</dl>`;
}
