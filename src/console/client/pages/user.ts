// User: what the log has of one user, and why each decision was what it was.

import { secondText, timeText } from "../../../domain/figures.ts";
import { useEffect, useRef, useState } from "preact/hooks";
import type { LivePage } from "../../server/live-pages.ts";
import type { UserEvent, UserPage } from "../../views/pages/user-page.ts";
import { valueOf } from "../forms/fields.ts";
import { money } from "../parts/format.ts";
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

/** Stretches of time that were read, put together. */
type Known = Pick<UserPage, "partition" | "timeZone" | "profile" | "events" | "sinceMs" | "isCut" | "erasedAtMs">;

interface Reading {
  /** Null: nothing is known yet. */
  readonly known: Known | null;
  readonly isReading: boolean;
  readonly fault: string | null;
}

const BEGUN: Reading = { known: null, isReading: true, fault: null };

/** The log is read backwards, a bounded stretch at a time, until something more is found; whoever looks can end it. */
function Timeline({ id }: { id: string }) {
  const [reading, setReading] = useState(BEGUN);
  const ending = useRef(new AbortController());
  const readOn = async (before: Known | null): Promise<void> => {
    ending.current.abort();
    const { signal } = (ending.current = new AbortController());
    let known = before;
    const events = before?.events.length ?? 0;
    do {
      setReading({ known, isReading: true, fault: null });
      const next = await read(id, known?.sinceMs ?? null, signal);
      if (signal.aborted) return;
      if (typeof next === "string") return setReading({ known, isReading: false, fault: next });
      known = known === null ? next : joined(known, next);
    } while (known.events.length === events && known.sinceMs !== null);
    setReading({ known, isReading: false, fault: null });
  };
  const stop = (): void => {
    ending.current.abort();
    setReading((now) => ({ ...now, isReading: false }));
  };
  useEffect(() => {
    setReading(BEGUN);
    void readOn(null);
    return () => ending.current.abort();
  }, [id]);
  const { known, isReading, fault } = reading;
  const more = known !== null && known.sinceMs !== null && !isReading;
  return html`
    <div class="panel">
      <h2 class="id">${id}</h2>
      ${known !== null && html`<${Events} known=${known} isReading=${isReading} />`}
      ${isReading && html`<p class="quiet" role="status">Reading the user's partition… <button type="button" class="small" onClick=${stop}>Stop</button></p>`}
      ${fault !== null && html`<${Note} kind="bad" text=${fault} />`}
      ${more && html`<button type="button" onClick=${() => void readOn(known)}>Look further back</button>`}
    </div>
  `;
}

function joined(later: Known, earlier: UserPage): Known {
  return {
    ...earlier,
    profile: later.profile ?? earlier.profile,
    events: [...later.events, ...earlier.events],
    isCut: later.isCut || earlier.isCut,
  };
}

/** What is wrong, where it cannot be read. */
async function read(id: string, untilMs: number | null, signal: AbortSignal): Promise<UserPage | string> {
  const query = new URLSearchParams({ id, ...(untilMs === null ? {} : { until: String(untilMs) }) });
  try {
    const response = await fetch(`/api/users?${query}`, { headers: authorization(), signal });
    if (!response.ok) return await messageOf(response);
    return ((await response.json()) as LivePage).page as UserPage;
  } catch {
    return "The console cannot be reached.";
  }
}

function Events({ known, isReading }: { known: Known; isReading: boolean }) {
  const { partition, timeZone, profile, events, sinceMs, isCut, erasedAtMs } = known;
  const since = sinceMs === null ? "all that the log keeps" : `since ${timeText(sinceMs, timeZone)}`;
  return html`
    <p class="note">${`Partition ${partition}; ${since}${isCut ? "; of very many events at a time the latest" : ""}.`}</p>
    ${erasedAtMs !== null && html`<p>${`This user was erased on ${timeText(erasedAtMs, timeZone)}: nothing from before is shown.`}</p>`}
    ${profile !== null && html`<details><summary>Profile, ${timeText(profile.atMs, timeZone)}</summary><${Attributes} of=${profile.attributes} /></details>`}
    ${
      events.length === 0
        ? !isReading && html`<p class="quiet">The log has nothing of this user in that time.</p>`
        : html`<ol class="timeline">${events.map(
            (event, at) => html`<li key=${at} class=${event.kind}>
          <time datetime=${new Date(event.atMs).toISOString()}>${secondText(event.atMs, event.timeZone)}</time>
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
        <small>${[event.campaign ?? "no campaign", `decision ${event.decisionId}`, ...(event.release === null ? [] : [`release ${event.release.slice(0, 12)}`]), ...(event.validUntilMs === null ? [] : [`valid until ${timeText(event.validUntilMs, event.timeZone)}`])].join(" · ")}</small>`;
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
