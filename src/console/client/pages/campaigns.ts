// Campaigns: a row for each.

import { ACTION_WORDS } from "../../../domain/glossary.ts";
import { whole, percent, timeText } from "../../../domain/figures.ts";
import { useState } from "preact/hooks";
import type { CampaignRow, CampaignsPage } from "../../views/pages/campaigns-page.ts";
import { ActionDialog } from "../forms/actions.ts";
import { useCommanding } from "../live/facts.ts";
import { ago, amount, money } from "../parts/format.ts";
import { html } from "../parts/html.ts";
import { useLive } from "../live/live.ts";
import { LiftText } from "../parts/lift.ts";
import { Empty, Loaded, Mark, MoneyBar, State, Warnings } from "../parts/parts.ts";

export function Campaigns() {
  const live = useLive<CampaignsPage>("/api/campaigns");
  return html`
    <h1>Campaigns</h1>
    <${Loaded}
      live=${live}
      then=${({ campaigns }: CampaignsPage, atMs: number) =>
        campaigns.length === 0
          ? html`<${Empty}
              title="No campaign yet"
              text="stipend campaign create FILE makes one; it appears here at once."
            />`
          : html`<div class="rows">
              <div class="row head" aria-hidden="true">
                <span>Campaign</span><span>Money</span><span>Forecast of the end</span><span>Refused for money</span
                ><span>Lift</span><span>Last change</span><span></span>
              </div>
              ${campaigns.map((row) => html`<${Row} key=${row.id} row=${row} nowMs=${atMs} />`)}
            </div>`}
    />
  `;
}

function Row({ row, nowMs }: { row: CampaignRow; nowMs: number }) {
  const { id, state, currency, money: of, forecast, recent, lastChange, period, warnings } = row;
  return html`<article class="row" aria-label=${id}>
    <div class="name">
      <a href=${`/campaigns/${encodeURIComponent(id)}`}>${id}</a> <${State} state=${state} />
      ${period !== null && html`<small>to ${timeText(period.endMs, period.timeZone)}</small>`}
    </div>
    <div class="money">
      <${MoneyBar} money=${of} currency=${currency} />
      <dl class="split">
        <div>
          <dt><${Mark} colour="spent" />spent</dt>
          <dd>${amount(of.spent, currency.digits)}</dd>
        </div>
        <div>
          <dt><${Mark} colour="reserved" />reserved</dt>
          <dd>${amount(of.reserved, currency.digits)}</dd>
        </div>
        <div>
          <dt><${Mark} colour="left" />left</dt>
          <dd>${amount(of.left, currency.digits)}</dd>
        </div>
        <div>
          <dt>budget</dt>
          <dd>${money(of.budget, currency)}</dd>
        </div>
      </dl>
    </div>
    <div class="cell" data-label="Forecast of the end">
      ${
        forecast === null
          ? html`<span class="quiet">–</span>`
          : html`<span class="n">${money(forecast.spendAtEnd, currency)}</span
              ><small>${percent(of.budget === 0 ? 0 : forecast.spendAtEnd / of.budget, 0)} of the budget</small>`
      }
    </div>
    <div class="cell" data-label="Refused for money">
      ${
        recent.sessions === 0
          ? html`<span class="quiet">no sessions</span>`
          : html`<span class=${recent.refusedShare >= 0.5 ? "n bad" : "n"}>${percent(recent.refusedShare)}</span
              ><small>of ${whole(recent.sessions)} in 15 min</small>`
      }
    </div>
    <div class="cell" data-label="Lift"><${LiftText} lift=${row.lift} timeZone=${row.period?.timeZone ?? "UTC"} /></div>
    <div class="cell" data-label="Last change">
      ${
        lastChange === null
          ? html`<span class="quiet">–</span>`
          : html`<span>${lastChange.action === null ? "changed" : ACTION_WORDS[lastChange.action]}</span
              ><small>${ago(lastChange.atMs, nowMs)}${lastChange.by === null ? "" : ` by ${lastChange.by}`}</small>`
      }
    </div>
    <${PauseOrResume} row=${row} />
    <${Warnings} warnings=${warnings} />
  </article>`;
}

function PauseOrResume({ row }: { row: CampaignRow }) {
  const commanding = useCommanding();
  const [isOpen, setOpen] = useState(false);
  if (commanding !== "open" || (row.state === "ended" && !isOpen)) return html`<div class="act"></div>`;
  const kind = row.state === "paused" ? "resume" : "pause";
  return html`<div class="act">
    <button type="button" class="small" onClick=${() => setOpen(true)}>${kind === "pause" ? "Pause…" : "Resume…"}</button>
    ${isOpen && html`<${ActionDialog} start=${{ kind }} row=${row} hasPeriod=${false} onClose=${() => setOpen(false)} />`}
  </div>`;
}
