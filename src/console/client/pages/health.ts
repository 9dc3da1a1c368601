// Health: whether all partitions get their work done and who does it, what could not be used, and whether the money is proved.

import { whole, timeText } from "../../../domain/figures.ts";
import { useState } from "preact/hooks";
import type { LogState } from "../../../log/event-log.ts";
import type { HealthPage, PartitionHealth, SentAgain, VerifyState } from "../../views/pages/health-page.ts";
import type { LetterGroup } from "../../views/model/letter-board.ts";
import { RedriveDialog } from "../forms/redrive-dialog.ts";
import { useCommanding } from "../live/facts.ts";
import { messageOf, useLive } from "../live/live.ts";
import { authorization } from "../live/token.ts";
import { ago, bytes } from "../parts/format.ts";
import { html } from "../parts/html.ts";
import { Loaded, Note, Panel } from "../parts/parts.ts";
import { Working } from "../parts/working.ts";

export function Health() {
  const live = useLive<HealthPage>("/api/health");
  return html`
    <h1>Health</h1>
    <${Loaded} live=${live} then=${(page: HealthPage, atMs: number) => html`<${Content} page=${page} nowMs=${atMs} />`} />
  `;
}

function Content({
  page: { place, partitions, letters, reading, state, verify, sentAgain, timeZone },
  nowMs,
}: {
  page: HealthPage;
  nowMs: number;
}) {
  return html`<div class="panels">
    <${Panel} title="Partitions" note=${`Of ${place}. Records that are not done yet, by topic.`} wide>
      ${partitions === null ? html`<p class="quiet">The log has not said yet how far the tasks have come.</p>` : html`<${Partitions} partitions=${partitions} nowMs=${nowMs} />`}
    <//>
    <${Panel} title="Records that could not be used" note="Of the last day, by what is wrong with them." wide>
      ${letters.length === 0 ? html`<p>None.</p>` : html`<${Letters} letters=${letters} nowMs=${nowMs} />`}
      <${Again} sentAgain=${sentAgain} nowMs=${nowMs} />
    <//>
    <${Panel} title="The money">
      <${Verify} verify=${verify} nowMs=${nowMs} />
    <//>
    <${Panel} title=${state?.kind === "brokers" ? "Brokers" : "The log"}>
      <${LogParts} state=${state} />
    <//>
    <${Panel} title="This console">
      <p>${reading.decisionsSinceMs === null ? "It knows all decisions of the last two hours." : `It knows decisions since ${timeText(reading.decisionsSinceMs, timeZone)}.`}</p>
      ${reading.unreadable > 0 && html`<p>${`${whole(reading.unreadable)} records of the topics that it follows could not be read, and were passed over.`}</p>`}
    <//>
  </div>`;
}

function Again({ sentAgain, nowMs }: { sentAgain: readonly SentAgain[]; nowMs: number }) {
  if (sentAgain.length === 0) return null;
  return html`<h3>Sent again from this console</h3>
    <ul class="plain">${sentAgain.map(
      ({ atMs, by, why, topic, reason, sent }) => html`<li key=${atMs}>
        ${`${whole(sent)} of ${topic} (${reason.replaceAll("_", " ")}), ${ago(atMs, nowMs)}${by === null ? "" : ` by ${by}`}`} <q>${why}</q></li>`,
    )}</ul>`;
}

/** What the last proof said, and another one. */
function Verify({ verify: { running, last }, nowMs }: { verify: VerifyState; nowMs: number }) {
  const [fault, setFault] = useState<string | null>(null);
  const start = async (): Promise<void> => {
    const headers = { "content-type": "application/json", ...authorization() };
    const response = await fetch("/api/verify", { method: "POST", headers, body: "{}" }).catch(() => null);
    setFault(response === null ? "The console cannot be reached." : response.ok ? null : await messageOf(response));
  };
  return html`
    ${last === null ? html`<p>Not proved since this console was opened.</p>` : html`<${Said} last=${last} nowMs=${nowMs} />`}
    <p class="note">It adds up every record of the log, trusting nothing else, as <code>stipend verify</code> does.</p>
    ${running !== null && html`<${Working} told=${{ step: "proving", done: running.of === 0 ? 0 : running.rows / running.of, detail: `${whole(running.rows)} of ${whole(running.of)} rows` }} />`}
    ${fault !== null && html`<${Note} kind="bad" text=${fault} />`}
    <button type="button" disabled=${running !== null} onClick=${() => void start()}>Prove it now</button>
  `;
}

function Said({ last, nowMs }: { last: NonNullable<VerifyState["last"]>; nowMs: number }) {
  const when = `${ago(last.atMs, nowMs)}${last.by === null ? "" : `, by ${last.by}`}`;
  if (last.kind === "failed")
    return html`<${Note} kind="bad" text=${`It could not be proved (${when}): ${last.text}`} />`;
  const { decisions, settlements } = last.rows;
  const rows = `${whole(decisions)} decisions and ${whole(settlements)} ends of offers`;
  if (last.kind === "holds")
    return html`<p>${`Every budget was kept and every reservation ended once, in ${rows} (${when}).`}</p>`;
  return html`<${Note} kind="bad" text=${`${whole(last.violations)} violations in ${rows} (${when}):`} />
    <ul class="plain">${last.places.map((place) => html`<li key=${place}><code>${place}</code></li>`)}</ul>`;
}

function LogParts({ state }: { state: LogState | null }) {
  if (state === null) return html`<p class="quiet">The log has not said what it is made of.</p>`;
  if (state.kind === "memory") return html`<p>It is in memory.</p>`;
  if (state.kind === "file")
    return html`<dl class="pairs"><dt>file</dt><dd><code>${state.path}</code></dd><dt>size</dt><dd>${bytes(state.bytes)}</dd><dt>write-ahead log</dt><dd>${bytes(state.walBytes)}</dd></dl>`;
  return html`
    ${state.leaderless > 0 && html`<${Note} kind="bad" text=${`${whole(state.leaderless)} partitions have no leader: they can be neither read nor written.`} />`}
    <div class="scroll" tabindex="0" role="region" aria-label="Brokers"><table>
      <thead><tr><th scope="col">Broker</th><th scope="col">Address</th><th scope="col" class="n">Leads partitions</th></tr></thead>
      <tbody>${state.brokers.map(({ id, address, leads }) => html`<tr key=${id}><th scope="row">${id}</th><td>${address}</td><td class="n">${whole(leads)}</td></tr>`)}</tbody>
    </table></div>
  `;
}

const MUCH_LAG = 1_000;

function Partitions({ partitions, nowMs }: { partitions: readonly PartitionHealth[]; nowMs: number }) {
  return (["serve", "treasury"] as const).map((kind) => {
    const rows = partitions.filter((each) => each.kind === kind);
    const topics = rows[0]?.lag.map(({ topic }) => topic) ?? [];
    const label = kind === "serve" ? "Decisions" : "Budgets";
    return html`<div class="scroll" key=${kind} tabindex="0" role="region" aria-label=${`${label}, by partition`}><table>
      <thead><tr><th scope="col">${label}: partition</th><th scope="col">who has it</th>${topics.map((topic) => html`<th scope="col" class="n" key=${topic}>${topic}</th>`)}${kind === "serve" && html`<th scope="col">last heard</th>`}</tr></thead>
      <tbody>${rows.map(
        ({ partition, owner, lag, heardAtMs }) => html`<tr key=${partition}>
        <th scope="row">${partition}</th>
        <td class=${owner === null ? "far" : ""}>${owner ?? "nobody"}</td>
        ${lag.map(({ topic, records }) => html`<td key=${topic} class=${records === null || records > MUCH_LAG ? "n far" : "n"}>${records === null ? "nobody" : whole(records)}</td>`)}
        ${kind === "serve" && html`<td>${heardAtMs === null ? "never" : ago(heardAtMs, nowMs)}</td>`}
      </tr>`,
      )}</tbody>
    </table></div>`;
  });
}

function Letters({ letters, nowMs }: { letters: readonly LetterGroup[]; nowMs: number }) {
  const commanding = useCommanding();
  const [chosen, setChosen] = useState<LetterGroup | null>(null);
  return html`
    <ul class="changes">${letters.map(
      (group) => html`<li key=${`${group.reason} ${group.topic}`}>
      <div class="what"><strong>${group.reason.replaceAll("_", " ")}</strong> <small>${`on ${group.topic}`}</small><p>${group.detail}</p></div>
      <div class="who">${`${whole(group.count)}, the latest ${ago(group.lastAtMs, nowMs)}`}</div>
      <div class="came">${commanding === "open" && html`<button type="button" class="small" onClick=${() => setChosen(group)}>Send again…</button>`}</div>
    </li>`,
    )}</ul>
    ${chosen !== null && html`<${RedriveDialog} key=${`${chosen.reason} ${chosen.topic}`} group=${chosen} onClose=${() => setChosen(null)} />`}
  `;
}
