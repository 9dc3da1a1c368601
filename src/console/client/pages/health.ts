// Health: whether all partitions get their work done, and what could not be used.

import { useState } from "preact/hooks";
import type { RedriveAnswer } from "../../server/redrive.ts";
import type { HealthPage, PartitionHealth } from "../../views/pages/health-page.ts";
import type { LetterGroup } from "../../views/model/letter-board.ts";
import { Dialog } from "../forms/dialog.ts";
import { useCommanding } from "../live/facts.ts";
import { ago, time, whole } from "../parts/format.ts";
import { html } from "../parts/html.ts";
import { messageOf, useLive } from "../live/live.ts";
import { Loaded, Note, Panel } from "../parts/parts.ts";
import { authorization } from "../live/token.ts";

export function Health() {
  const live = useLive<HealthPage>("/api/health");
  return html`
    <h1>Health</h1>
    <${Loaded} live=${live} then=${(page: HealthPage, atMs: number) => html`<${Content} page=${page} nowMs=${atMs} />`} />
  `;
}

function Content({ page: { place, partitions, letters, reading }, nowMs }: { page: HealthPage; nowMs: number }) {
  return html`<div class="panels">
    <${Panel} title="Partitions" note=${`Of ${place}. Records that are not done yet, by topic.`} wide>
      ${partitions === null ? html`<p class="quiet">The log has not said yet how far the tasks have come.</p>` : html`<${Partitions} partitions=${partitions} nowMs=${nowMs} />`}
    <//>
    <${Panel} title="Records that could not be used" note="Of the last day, by what is wrong with them." wide>
      ${letters.length === 0 ? html`<p>None.</p>` : html`<${Letters} letters=${letters} nowMs=${nowMs} />`}
    <//>
    <${Panel} title="This console">
      <p>${reading.decisionsSinceMs === null ? "It knows all decisions of the last two hours." : `It knows decisions since ${time(reading.decisionsSinceMs, "UTC")}.`}</p>
      ${reading.unreadable > 0 && html`<p>${`${whole(reading.unreadable)} records of the topics that it follows could not be read, and were passed over.`}</p>`}
    <//>
    <${Panel} title="The money">
      <p>The topics prove it: <code>stipend verify</code> adds up every record and says whether a budget was passed.</p>
    <//>
  </div>`;
}

const MUCH_LAG = 1_000;

function Partitions({ partitions, nowMs }: { partitions: readonly PartitionHealth[]; nowMs: number }) {
  return (["serve", "treasury"] as const).map((kind) => {
    const rows = partitions.filter((each) => each.kind === kind);
    const topics = rows[0]?.lag.map(({ topic }) => topic) ?? [];
    const label = kind === "serve" ? "Decisions" : "Budgets";
    return html`<div class="scroll" key=${kind} tabindex="0" role="region" aria-label=${`${label}, by partition`}><table>
      <thead><tr><th scope="col">${label}: partition</th>${topics.map((topic) => html`<th scope="col" class="n" key=${topic}>${topic}</th>`)}${kind === "serve" && html`<th scope="col">last heard</th>`}</tr></thead>
      <tbody>${rows.map(
        ({ partition, lag, heardAtMs }) => html`<tr key=${partition}>
        <th scope="row">${partition}</th>
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
    ${chosen !== null && html`<${Redrive} key=${`${chosen.reason} ${chosen.topic}`} group=${chosen} onClose=${() => setChosen(null)} />`}
  `;
}

type Step =
  | { readonly kind: "asking" }
  | { readonly kind: "would"; readonly answer: RedriveAnswer }
  | { readonly kind: "sent"; readonly answer: RedriveAnswer };

function Redrive({ group: { topic, reason }, onClose }: { group: LetterGroup; onClose: () => void }) {
  const [step, setStep] = useState<Step>({ kind: "asking" });
  const [fault, setFault] = useState<string | null>(null);
  const ask = async (dryRun: boolean): Promise<void> => {
    const headers = { "content-type": "application/json", ...authorization() };
    const body = JSON.stringify({ topic, reason, dryRun });
    const response = await fetch("/api/dead-letters/redrive", { method: "POST", headers, body }).catch(() => null);
    if (response === null) return setFault("The console cannot be reached.");
    if (!response.ok) return setFault(await messageOf(response));
    const answer = (await response.json()) as RedriveAnswer;
    setStep({ kind: dryRun ? "would" : "sent", answer });
  };
  const left = ({ leftOut }: RedriveAnswer) => (leftOut === 0 ? "" : ` ${whole(leftOut)} cannot be sent again.`);
  return html`<${Dialog} title=${`Send again: ${reason.replaceAll("_", " ")} on ${topic}`} onClose=${onClose}>
    <p>Do this when their cause is gone: what still cannot be used comes back.</p>
    ${step.kind === "would" && html`<p class="lead" role="status">${`${whole(step.answer.sent)} records would go to ${topic} once more.${left(step.answer)}`}</p>`}
    ${step.kind === "sent" && html`<p class="lead" role="status">${`${whole(step.answer.sent)} records were sent again.${left(step.answer)}`}</p>`}
    ${fault !== null && html`<${Note} kind="bad" text=${fault} />`}
    <footer>
      ${step.kind === "asking" && html`<button type="button" class="primary" onClick=${() => void ask(true)}>See what it would do</button>`}
      ${step.kind === "would" && html`<button type="button" class="primary" disabled=${step.answer.sent === 0} onClick=${() => void ask(false)}>Send</button>`}
      ${step.kind === "sent" && html`<button type="button" onClick=${onClose}>Close</button>`}
    </footer>
  <//>`;
}
