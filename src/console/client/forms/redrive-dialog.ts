// Redrive dialog: from what sending dead letters again would do, over why, to what was done.

import { whole } from "../../../domain/figures.ts";
import { useState } from "preact/hooks";
import type { RedriveAnswer } from "../../server/redrive.ts";
import type { LetterGroup } from "../../views/model/letter-board.ts";
import { messageOf } from "../live/live.ts";
import { authorization } from "../live/token.ts";
import { html } from "../parts/html.ts";
import { Note } from "../parts/parts.ts";
import { Dialog } from "./dialog.ts";
import { valueOf } from "./fields.ts";

type Step =
  | { readonly kind: "asking" }
  | { readonly kind: "would"; readonly answer: RedriveAnswer }
  | { readonly kind: "sent"; readonly answer: RedriveAnswer };

export function RedriveDialog({ group: { topic, reason }, onClose }: { group: LetterGroup; onClose: () => void }) {
  const [step, setStep] = useState<Step>({ kind: "asking" });
  const [fault, setFault] = useState<string | null>(null);
  const [why, setWhy] = useState("");
  const ask = async (dryRun: boolean): Promise<void> => {
    const headers = { "content-type": "application/json", ...authorization() };
    const body = JSON.stringify({ topic, reason, dryRun, ...(dryRun ? {} : { why }) });
    const response = await fetch("/api/dead-letters/redrive", { method: "POST", headers, body }).catch(() => null);
    if (response === null) return setFault("The console cannot be reached.");
    if (!response.ok) return setFault(await messageOf(response));
    const answer = (await response.json()) as RedriveAnswer;
    setStep({ kind: dryRun ? "would" : "sent", answer });
  };
  const left = ({ leftOut }: RedriveAnswer) => (leftOut === 0 ? "" : ` ${whole(leftOut)} cannot be sent again.`);
  return html`<${Dialog} title=${`Send again: ${reason.replaceAll("_", " ")} on ${topic}`} onClose=${onClose}>
    <p>Do this when their cause is gone: what still cannot be used comes back.</p>
    ${step.kind === "would" && html`<p class="lead" role="status">${`${counted(step.answer.sent)} would go to ${topic} once more.${left(step.answer)}`}</p>`}
    ${step.kind === "sent" && html`<p class="lead" role="status">${`${counted(step.answer.sent)} ${step.answer.sent === 1 ? "was" : "were"} sent again.${left(step.answer)}`}</p>`}
    ${
      step.kind === "would" &&
      html`<label>Why (kept with what was sent)
      <textarea required maxlength="1024" rows="2" value=${why} onInput=${(event: InputEvent) => setWhy(valueOf(event))}></textarea></label>`
    }
    ${fault !== null && html`<${Note} kind="bad" text=${fault} />`}
    <footer>
      ${step.kind === "asking" && html`<button type="button" class="primary" onClick=${() => void ask(true)}>See what it would do</button>`}
      ${step.kind === "would" && html`<button type="button" class="primary" disabled=${step.answer.sent === 0 || why.trim() === ""} onClick=${() => void ask(false)}>Send</button>`}
      ${step.kind === "sent" && html`<button type="button" onClick=${onClose}>Close</button>`}
    </footer>
  <//>`;
}

function counted(records: number): string {
  return `${whole(records)} ${records === 1 ? "record" : "records"}`;
}
