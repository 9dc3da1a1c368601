// Releases: of each campaign the release in force beside the others, and which to put in force.

import { whole, timeText } from "../../../domain/figures.ts";
import { useState } from "preact/hooks";
import type { ConsoleAction } from "../../views/console-action.ts";
import type { CampaignReleases, ReleaseRow, ReleasesPage } from "../../views/pages/releases-page.ts";
import { CommandDialog } from "../forms/command-dialog.ts";
import { useCommanding } from "../live/facts.ts";
import { html } from "../parts/html.ts";
import { useLive } from "../live/live.ts";
import { Empty, Loaded, Panel } from "../parts/parts.ts";

export function Releases() {
  const live = useLive<ReleasesPage>("/api/releases");
  return html`
    <h1>Releases</h1>
    <${Loaded} live=${live} then=${({ campaigns }: ReleasesPage) =>
      campaigns.length === 0
        ? html`<${Empty} title="No campaign yet" text="A campaign's releases are shown here, the one in force first." />`
        : html`<div class="stack">${campaigns.map((of) => html`<${OfCampaign} key=${of.campaign} of=${of} />`)}</div>`} />
  `;
}

function OfCampaign({ of }: { of: CampaignReleases }) {
  const commanding = useCommanding();
  const [action, setAction] = useState<ConsoleAction | null>(null);
  const mayCommand = commanding === "open" && of.state !== "ended";
  return html`<${Panel} title=${of.campaign} note=${of.pinned ? "Pinned: no other release is taken until it is unpinned." : undefined}>
    ${of.releases.length === 0 && html`<p class="quiet">No release has been published for it.</p>`}
    <ul class="releases">${of.releases.map(
      (release) => html`<${Release} key=${release.hash} release=${release} timeZone=${of.timeZone}
      onPromote=${mayCommand && release.standing !== "in force" ? () => setAction({ kind: "promote_release", release: release.hash }) : undefined} />`,
    )}</ul>
    ${mayCommand && of.hasPrevious && html`<p><button type="button" class="small" onClick=${() => setAction({ kind: "rollback_release" })}>Roll back…</button></p>`}
    ${action !== null && html`<${CommandDialog} key=${action.kind} title=${`${action.kind === "rollback_release" ? "Roll back" : "Promote"}: ${of.campaign}`} campaign=${of.campaign} revision=${of.revision} action=${action} onClose=${() => setAction(null)} />`}
  <//>`;
}

function Release({ release, timeZone, onPromote }: { release: ReleaseRow; timeZone: string; onPromote?: () => void }) {
  const { hash, standing, publishedAtMs, segments, offers, features, summary, plans } = release;
  const top = plans.at(-1);
  return html`<li class=${standing === "in force" ? "in-force" : ""}>
    <div>
      <code title=${hash}>${hash.slice(0, 12)}</code> <span class=${`state ${standing === "in force" ? "live" : ""}`}>${standing}</span>
      <small>${`published ${timeText(publishedAtMs, timeZone)}`}</small>
    </div>
    <div>
      <p>${`${whole(segments)} segments, ${offers.length} offers: ${offers.join(", ")}`}</p>
      <details><summary>Evidence</summary>
        <dl class="pairs">
          ${Object.entries(summary).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${typeof value === "number" ? value.toLocaleString("en", { maximumSignificantDigits: 5 }) : value}</dd>`)}
          <dt>features</dt><dd>${features.join(", ")}</dd>
          ${top !== undefined && html`<dt>plans</dt><dd>${`${plans.length}; the dearest brings ${top.reward.toLocaleString("en", { maximumSignificantDigits: 4 })} reward in a thousand sessions`}</dd>`}
        </dl>
      </details>
    </div>
    <div class="act">${onPromote !== undefined && html`<button type="button" class="small" onClick=${onPromote}>Promote…</button>`}</div>
  </li>`;
}
