// Changes page: the commands of all campaigns, or of one.

import type { ChangeRow } from "../model/change-log.ts";
import { currencyOf, type Currency } from "./campaigns-page.ts";
import type { LiveModel } from "../model/live-model.ts";

export interface ChangesPage {
  /** Newest first. */
  readonly changes: readonly ChangeRow[];
  /** By id: what a new command needs to know. */
  readonly campaigns: Readonly<Record<string, ChangedCampaign>>;
}

export interface ChangedCampaign {
  readonly revision: number;
  readonly currency: Currency;
  readonly timeZone: string;
}

const MOST_SHOWN = 200;

/** `campaign` null: of all. */
export function changesPage(model: LiveModel, campaign: string | null): ChangesPage {
  const ids = campaign === null ? model.changes.campaigns() : [campaign];
  const changes = ids.flatMap((id) => model.changes.of(id, model.status(id)));
  const entries = model.statuses().map(({ campaign: id, revision, currency }): [string, ChangedCampaign] => {
    const timeZone = model.campaign(id)?.timeZone ?? "UTC";
    return [id, { revision, currency: currencyOf(currency), timeZone }];
  });
  return {
    changes: changes.toSorted((a, b) => b.atMs - a.atMs).slice(0, MOST_SHOWN),
    campaigns: Object.fromEntries(entries),
  };
}
