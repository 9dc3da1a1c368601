// Campaign: one campaign with everything about it, and what can be done to it.

import { REASON_WORDS } from "../../../domain/glossary.ts";
import { whole, percent, timeText } from "../../../domain/figures.ts";
import { REASON_ORDER } from "../parts/reasons.ts";
import type { CampaignPage, Segments as SegmentsView } from "../../views/pages/campaign-page.ts";
import { Actions } from "../forms/actions.ts";
import { DecisionsChart, DialChart, SpendChart } from "../charts/campaign-charts.ts";
import { ChangeList } from "../parts/change-list.ts";
import { ago, amount, money, span } from "../parts/format.ts";
import { html } from "../parts/html.ts";
import { LiftText } from "../parts/lift.ts";
import { useLive } from "../live/live.ts";
import { Figure, Loaded, MoneyBar, Panel, State, Warnings } from "../parts/parts.ts";

export function Campaign({ id }: { id: string }) {
  const live = useLive<CampaignPage>(`/api/campaigns/${encodeURIComponent(id)}`);
  return html`
    <p class="crumbs"><a href="/">Campaigns</a> · <a href=${`/look-back?campaign=${encodeURIComponent(id)}`}>Look back</a></p>
    <h1>${id}</h1>
    <${Loaded}
      live=${live}
      then=${(page: CampaignPage, atMs: number) => html`<${Content} page=${page} nowMs=${atMs} />`}
    />
  `;
}

function Content({ page, nowMs }: { page: CampaignPage; nowMs: number }) {
  const { row, exploration, minutes, segments, dial, shards, changes, settings, budgetLevel } = page;
  const { currency, money: of, forecast, recent, period } = row;
  const timeZone = period?.timeZone ?? "UTC";
  return html`
    <div class="subhead">
      <${State} state=${row.state} />
      ${period !== null && html`<span class="quiet">${timeText(period.startMs, timeZone)} to ${timeText(period.endMs, timeZone)}</span>`}
      <span class="quiet">revision ${row.revision}</span>
      <${Actions} page=${page} />
    </div>
    <${Warnings} warnings=${row.warnings} />
    <dl class="figures">
      <${Figure} word="spent" tone="spent">${money(of.spent, currency)}<//>
      <${Figure} word="reserved" tone="reserved">${money(of.reserved, currency)}<//>
      <${Figure} word="left" tone="left">${money(of.left, currency)}<small>of ${money(of.budget, currency)}</small><//>
      <${Figure} word="forecast of the end">
        ${forecast === null ? "–" : money(forecast.spendAtEnd, currency)}
        ${forecast !== null && forecast.refusedShare > 0.005 && html`<small>${percent(forecast.refusedShare)} of what is to come cannot be paid</small>`}
      <//>
      <${Figure} word="refused for money">
        ${recent.sessions === 0 ? "–" : percent(recent.refusedShare)}
        <small>${recent.sessions === 0 ? "no sessions" : `of ${whole(recent.sessions)}`} in 15 min</small>
      <//>
      <${Figure} word="lift"><${LiftText} lift=${row.lift} timeZone=${row.period?.timeZone ?? "UTC"} /><//>
      <${Figure} word="budget level">
        ${budgetLevel === null ? "–" : `${budgetLevel.level.toFixed(1)} of ${budgetLevel.of}`}
        ${budgetLevel !== null && budgetLevel.throttle < 1 && html`<small>${percent(budgetLevel.throttle)} of offers let through</small>`}
      <//>
    </dl>
    <${MoneyBar} money=${of} currency=${currency} />
    <div class="panels">
      <${Panel} title="Spend against the curve" wide>
        ${page.spend.points.length === 0 ? html`<p class="quiet">Nothing has been spent or reserved yet.</p>` : html`<${SpendChart} page=${page} currency=${currency} timeZone=${timeZone} nowMs=${nowMs} />`}
      <//>
      <${Panel} title="Decisions, last two hours" wide>
        ${
          minutes.length === 0
            ? html`<p class="quiet">No session has been decided in the last two hours.</p>`
            : html`<${DecisionsChart} minutes=${minutes} nowMs=${nowMs} timeZone=${timeZone} /><${ReasonTable} minutes=${minutes} />`
        }
      <//>
      <${Panel}
        wide title="Offers by segment"
        note="Of each segment's sessions, what was given, and under it what was planned; the segments with most sessions first."
      >
        ${segments === null ? html`<p class="quiet">No release is in force yet.</p>` : html`<${Segments} segments=${segments} />`}
      <//>
      <${Panel}
        title="More or less budget"
        note="An estimate by the release, for the sessions that are still expected."
      >
        ${
          dial === null
            ? html`<p class="quiet">Nothing more is expected to be spent.</p>`
            : html`<p class="lead">${money(dial.example.change, currency)} more ≈ <strong>${whole(dial.example.more)} ${dial.unit}</strong> more; as much less ≈ ${whole(dial.example.less)} fewer.</p>
                <${DialChart} dial=${dial} currency=${currency} />`
        }
      <//>
      <${Panel} title="Exploration" note="Drawn by chance, to learn from; paid from a budget of its own.">
        <${MoneyBar} money=${exploration} currency=${currency} />
        <p>${`${money(exploration.spent, currency)} spent, ${amount(exploration.reserved, currency.digits)} reserved of ${money(exploration.budget, currency)}${settings === null ? "" : `; ${percent(settings.explorationShare)} of the sessions`}`}</p>
      <//>
      <${Panel} title="Shards">
        ${
          shards.lagging.length === 0
            ? html`<p>All ${shards.all} have applied revision ${row.revision}.</p>`
            : html`<p>${shards.lagging.length} of ${shards.all} have not applied revision ${row.revision}:</p>
                <ul class="plain">
                  ${shards.lagging.map(
                    ({ shard, revision, reportedAtMs }) =>
                      html`<li key=${shard}>
                        shard ${shard}:
                        ${reportedAtMs === null ? "has never reported" : `at revision ${revision}, heard ${ago(reportedAtMs, nowMs)}`}
                      </li>`,
                  )}
                </ul>`
        }
      <//>
      <${Panel} title="Settings">
        ${
          settings === null
            ? html`<p class="quiet">Not read yet.</p>`
            : html`<dl class="pairs">
                <dt>curve</dt>
                <dd>
                  ${settings.curve === "asap" ? "as soon as possible" : settings.curve === "even" ? "even over the traffic" : `${settings.points.length} points`}
                </dd>
                <dt>caps</dt>
                <dd>
                  ${settings.caps.length === 0 ? "none" : settings.caps.map(({ max, windowMs }) => `${max} in ${span(windowMs)}`).join(", ")}
                </dd>
                <dt>holdout</dt>
                <dd>${percent(settings.holdoutShare)} of the users</dd>
                <dt>sessions</dt>
                <dd>${whole(page.eligibleSessions ?? 0)} came, ${whole(settings.expectedSessions)} expected in all</dd>
                <dt>release</dt>
                <dd>
                  ${page.release === null ? "none" : `${page.release.slice(0, 12)}${page.pinned ? ", pinned" : ""}`}
                </dd>
              </dl>`
        }
      <//>
      <${Panel} title="Latest changes" wide>
        <${ChangeList} changes=${changes} nowMs=${nowMs} zoneOf=${() => timeZone} />
        <p><a href=${`/changes?campaign=${encodeURIComponent(row.id)}`}>All changes of this campaign</a></p>
      <//>
    </div>
  `;
}

function ReasonTable({ minutes }: { minutes: CampaignPage["minutes"] }) {
  const rows = REASON_ORDER.map((reason) => ({
    reason,
    count: minutes.reduce((sum, { counts }) => sum + counts[reason], 0),
  })).filter(({ count }) => count > 0);
  return html`<details>
    <summary>By reason</summary>
    <dl class="pairs">
      ${rows.map(
        ({ reason, count }) =>
          html`<dt key=${reason}>${REASON_WORDS[reason]}</dt>
            <dd class="n">${whole(count)}</dd>`,
      )}
    </dl>
  </details>`;
}

const FAR = 0.05;

function Segments({ segments: { offers, rows } }: { segments: SegmentsView }) {
  return html`<div class="scroll tall" tabindex="0" role="region" aria-label="Offers by segment">
    <table>
      <thead>
        <tr>
          <th scope="col">Segment</th>
          <th scope="col" class="n">Sessions</th>
          ${offers.map((offer) => html`<th scope="col" class="n" key=${offer}>${offer}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ segment, sessions, planned, given }) =>
            html`<tr key=${segment}>
              <th scope="row">${segment}</th>
              <td class="n">${whole(sessions)}</td>
              ${offers.map((offer, at) => {
                const [is, meant] = [given?.[at], planned?.[at]];
                const isFar = is !== undefined && meant !== undefined && Math.abs(is - meant) > FAR;
                return html`<td class=${isFar ? "n far" : "n"} key=${offer}>
                  ${is === undefined ? "–" : percent(is)}<small>${meant === undefined ? "–" : percent(meant)}</small>
                </td>`;
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
