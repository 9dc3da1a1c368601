// Command dialog: from what is asked for over what it would do to what became of it. It carries the revision of the page that it
// was opened on; where the campaign has changed since, that is said, and the treasurer refuses it.

import { signedPercent } from "../../../domain/figures.ts";
import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { CommandAnswered } from "../../server/commands.ts";
import type { ConsoleAction } from "../../views/console-action.ts";
import type { Preview } from "../../views/command-preview.ts";
import { Dialog } from "./dialog.ts";
import { valueOf } from "./fields.ts";
import { html } from "../parts/html.ts";
import { messageOf } from "../live/live.ts";
import { Note } from "../parts/parts.ts";
import { authorization } from "../live/token.ts";

export interface CommandDialogProps {
  readonly title: string;
  readonly campaign: string;
  /** As the page has it now; the dialog keeps the one that it was opened at. */
  readonly revision: number;
  /** What is typed, as an action. */
  readonly action: ConsoleAction;
  /** Fields of the action; left out: there are none. */
  readonly children?: ComponentChild;
  readonly onClose: () => void;
}

type Step =
  | { readonly kind: "asking" }
  | { readonly kind: "previewed"; readonly preview: Preview }
  | { readonly kind: "sent"; readonly revision: number | null; readonly unanswered: boolean };

export function CommandDialog({ title, campaign, revision, action, children, onClose }: CommandDialogProps) {
  const [openedAt, setOpenedAt] = useState(revision);
  const [step, setStep] = useState<Step>({ kind: "asking" });
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [reason, setReason] = useState("");
  const [confirm, setConfirm] = useState("");

  const ask = async (path: string, body: object, then: (answer: CommandAnswered) => void): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      const answer = await post(path, { campaign, action, ...body });
      if (typeof answer === "string") setFault(answer);
      else if (answer.outcome === "refused") setFault(`Refused: ${answer.refusal ?? "no reason given"}`);
      else then(answer);
    } finally {
      setBusy(false);
    }
  };
  const preview = (at: number) =>
    ask("/api/commands/preview", { revision: at }, ({ preview: would, outcome }) => {
      if (would !== null) setStep({ kind: "previewed", preview: would });
      else setFault(outcome === "unanswered" ? UNANSWERED : "It cannot be said what it would do.");
    });
  const send = () =>
    ask("/api/commands", { revision: openedAt, reason, confirm }, ({ outcome, revision: made }) =>
      setStep({ kind: "sent", revision: made, unanswered: outcome === "unanswered" }),
    );
  const lookAgain = () => {
    setOpenedAt(revision);
    void preview(revision);
  };
  // Where there is nothing to fill in, what it would do is the first thing to see.
  useEffect(() => {
    if (children === undefined) void preview(openedAt);
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    void (step.kind === "asking" ? preview(openedAt) : send());
  };

  if (step.kind === "sent")
    return html`<${Dialog} title=${title} onClose=${onClose}>
      <p role="status">
        ${step.unanswered ? UNANSWERED : `Accepted: revision ${step.revision}. The page shows how far it is applied.`}
      </p>
      <footer><button type="button" onClick=${onClose}>Close</button></footer>
    <//>`;
  const isStale = revision !== openedAt;
  const named = step.kind === "previewed" && step.preview.confirm.length > 0;
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form onSubmit=${submit}>
      <fieldset disabled=${busy || step.kind === "previewed"}>${children}</fieldset>
      ${
        isStale &&
        html`<div class="notice" role="status">
          The campaign has changed since this was opened (revision ${openedAt}, now ${revision}): sent like this it is
          refused.
          <button type="button" class="small" onClick=${lookAgain}>Look again at revision ${revision}</button>
        </div>`
      }
      ${
        step.kind === "previewed" &&
        html`<${Would} preview=${step.preview} />
          <label
            >Why (kept with the command)
            <textarea
              required
              maxlength="1024"
              rows="2"
              value=${reason}
              onInput=${(event: InputEvent) => setReason(valueOf(event))}
            ></textarea>
          </label>
          ${
            named &&
            html`<label
              >Because ${step.preview.confirm.join(", and ")}: type the campaign's name, <strong>${campaign}</strong>
              <input
                required
                autocomplete="off"
                spellcheck="false"
                value=${confirm}
                onInput=${(event: InputEvent) => setConfirm(valueOf(event))}
            /></label>`
          }`
      }
      ${fault !== null && html`<${Note} kind="bad" text=${fault} />`}
      <footer>
        ${step.kind === "previewed" && children !== undefined && html`<button type="button" onClick=${() => setStep({ kind: "asking" })}>Back</button>`}
        <button type="submit" class="primary" disabled=${busy || (named && confirm !== campaign)}>
          ${busy ? "Asking…" : step.kind === "asking" ? "See what it would do" : "Send"}
        </button>
      </footer>
    </form>
  <//>`;
}

const UNANSWERED =
  "No answer came: is the allocator running? What was sent stays on the log, and is answered when one runs.";

function Would({ preview: { changes, out, expected } }: { preview: Preview }) {
  return html`<div class="would" role="status">
    ${changes.map(({ what, before, after, share }) => html`<p class="lead" key=${what}>${what}: ${before} → <strong>${after}</strong>${share === null ? "" : ` (${signedPercent(share)})`}</p>`)}
    ${out !== null && html`<p>${out}</p>`}
    ${
      expected.length === 0
        ? html`<p class="quiet">Nothing else is expected to change.</p>`
        : html`<table>
            <thead>
              <tr>
                <th scope="col">Expected</th>
                <th scope="col" class="n">now</th>
                <th scope="col" class="n">then</th>
              </tr>
            </thead>
            <tbody>
              ${expected.map(
                ({ what, before, after }) =>
                  html`<tr key=${what}>
                    <th scope="row">${what}</th>
                    <td class="n">${before}</td>
                    <td class="n">${after}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
  </div>`;
}

/** The answer, or what is wrong. */
async function post(path: string, body: object): Promise<CommandAnswered | string> {
  const headers = { "content-type": "application/json", ...authorization() };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  if (response === null) return "The console cannot be reached.";
  return response.ok ? ((await response.json()) as CommandAnswered) : await messageOf(response);
}
