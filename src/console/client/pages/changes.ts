// Changes: every command with its answer; what was done can be taken back by a new command that says the old.

import { useState } from "preact/hooks";
import type { ChangeRow } from "../../views/model/change-log.ts";
import type { ChangesPage } from "../../views/pages/changes-page.ts";
import { ActionDialog } from "../forms/actions.ts";
import { ChangeList } from "../parts/change-list.ts";
import { useCommanding } from "../live/facts.ts";
import { html } from "../parts/html.ts";
import { useLive } from "../live/live.ts";
import { Empty, Loaded } from "../parts/parts.ts";

export function Changes({ campaign }: { campaign: string | null }) {
  const query = campaign === null ? "" : `?campaign=${encodeURIComponent(campaign)}`;
  const live = useLive<ChangesPage>(`/api/changes${query}`);
  return html`
    <h1>Changes${campaign !== null && html` <span class="quiet">of ${campaign}</span>`}</h1>
    ${campaign !== null && html`<p class="crumbs"><a href="/changes">Of all campaigns</a></p>`}
    <${Loaded} live=${live} then=${(page: ChangesPage, atMs: number) => html`<${List} page=${page} nowMs=${atMs} withCampaign=${campaign === null} />`} />
  `;
}

function List({
  page: { changes, campaigns },
  nowMs,
  withCampaign,
}: {
  page: ChangesPage;
  nowMs: number;
  withCampaign: boolean;
}) {
  const commanding = useCommanding();
  const [undone, setUndone] = useState<ChangeRow | null>(null);
  if (changes.length === 0)
    return html`<${Empty} title="No command yet" text="What is asked of a campaign, here or on the command line, is listed here with its answer." />`;
  const of = undone === null ? undefined : campaigns[undone.campaign];
  return html`
    <div class="panel">
      <${ChangeList} changes=${changes} nowMs=${nowMs} zoneOf=${(id: string) => campaigns[id]?.timeZone ?? "UTC"} withCampaign=${withCampaign}
        onUndo=${commanding === "open" ? setUndone : undefined} />
    </div>
    ${
      undone !== null &&
      undone.undo !== null &&
      of !== undefined &&
      html`<${ActionDialog} key=${undone.commandId} start=${undone.undo} row=${{ id: undone.campaign, ...of }} hasPeriod=${undone.undo.kind === "set_budget" && undone.undo.periodAmount !== null} onClose=${() => setUndone(null)} />`
    }
  `;
}
