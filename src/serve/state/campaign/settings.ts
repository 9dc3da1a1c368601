// Settings: what a grant changes. Money, caps, state and shares of a campaign count from the cycle that reads the grant;
// another release counts from the next cycle on (this one's sessions are classified by the release it began with), and
// the plan position and the shadow price come with the release that they belong to.

import type { Grant } from "../../../domain/campaign/control.ts";
import type { CampaignSettings } from "./records.ts";

/** What a cycle decides by. */
export interface InForce {
  readonly settings: CampaignSettings;
  /** For this cycle; null when there is none yet. */
  readonly release: string | null;
  readonly planRow: number;
  readonly shadowPrice: number;
}

export function inForce(settings: CampaignSettings): InForce {
  return {
    settings,
    release: settings.release,
    planRow: settings.planRow,
    shadowPrice: settings.shadowPrice,
  };
}

/** `known` is null for a campaign that this shard has not heard of. */
export function withGrant(known: InForce | null, grant: Grant, grantOffset: number): InForce {
  const settings: CampaignSettings = {
    kind: "campaign_settings",
    grant,
    grantOffset,
    release: grant.release,
    planRow: grant.planRow,
    shadowPrice: grant.shadowPrice,
  };
  const release = known === null ? null : known.release;
  if (known === null || grant.release !== release)
    return { settings, release, planRow: known?.planRow ?? -1, shadowPrice: known?.shadowPrice ?? 0 };
  return inForce(settings);
}

/** A campaign takes sessions: live by its state and inside its period. */
export function isLive(settings: CampaignSettings, nowMs: number): boolean {
  const { campaign, state } = settings.grant;
  return state === "live" && nowMs >= campaign.startMs && nowMs < campaign.endMs;
}
