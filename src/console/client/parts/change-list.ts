// Change list: commands with what they changed, who asked and why, and what became of them.

import { ACTION_WORDS } from "../../../domain/glossary.ts";
import { signedPercent, timeText } from "../../../domain/figures.ts";
import type { ChangeRow } from "../../views/model/change-log.ts";
import { ago } from "./format.ts";
import { html } from "./html.ts";

export interface ChangeListProps {
  readonly changes: readonly ChangeRow[];
  readonly nowMs: number;
  /** Of a campaign. */
  readonly zoneOf: (campaign: string) => string;
  /** Left out: there is nothing to undo here. */
  readonly onUndo?: (change: ChangeRow) => void;
  readonly withCampaign?: boolean;
}

export function ChangeList({ changes, nowMs, zoneOf, onUndo, withCampaign = false }: ChangeListProps) {
  if (changes.length === 0) return html`<p class="quiet">No command has been sent.</p>`;
  return html`<ol class="changes">
    ${changes.map((change) => {
      const { commandId, campaign, atMs, action, actor, reason, outcome, refusal, revision, applied, undo } = change;
      return html`<li key=${commandId} class=${outcome}>
        <div class="what">
          ${withCampaign && html`<a href=${`/campaigns/${encodeURIComponent(campaign)}`}>${campaign}</a>`}${withCampaign && ": "}
          <strong>${ACTION_WORDS[action]}</strong>
          <${Differences} change=${change} />
        </div>
        <div class="who">
          <time title=${timeText(atMs, zoneOf(campaign))}>${ago(atMs, nowMs)}</time>
          ${actor !== null && html` by <span>${actor}</span>`}
          ${reason !== null && reason !== "" && html`<q>${reason}</q>`}
        </div>
        <div class="came">
          ${
            outcome === "refused"
              ? html`<span class="bad">refused: ${refusal}</span>`
              : outcome === "waiting"
                ? html`<span>not answered yet</span>`
                : outcome === "unknown"
                  ? html`<span class="quiet">answer not kept</span>`
                  : html`<span>${`revision ${revision}${applied === null ? "" : `, applied ${applied.shards} of ${applied.of}`}`}</span>`
          }
          ${undo !== null && onUndo !== undefined && html`<button type="button" class="small" onClick=${() => onUndo(change)}>Undo…</button>`}
        </div>
      </li>`;
    })}
  </ol>`;
}

function Differences({ change: { changes, action } }: { change: ChangeRow }) {
  if (changes === null) return html`<small>what was before is not known any more</small>`;
  if (action === "create" || changes.length === 0) return null;
  return changes
    .filter(({ before, after }) => before !== after)
    .map(
      ({ what, before, after, share }) =>
        html`<span class="difference" key=${what}>${`${what}: ${before} → ${after}${share === null ? "" : ` (${signedPercent(share)})`}`}</span>`,
    );
}
