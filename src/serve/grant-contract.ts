// Grant contract: what a shard can see of a grant by itself, before it takes money or settings from it: that it is for this
// shard, that the campaign in it is one, and that its numbers can be counted with.

import { InvalidInput, parseCampaign } from "../domain/campaign.ts";
import type { Grant } from "../domain/control.ts";
import { idBreach, keyIs } from "../domain/ids.ts";

/** Null when nothing is wrong. */
export function grantBreach(grant: Grant, key: Uint8Array | null, shard: number): string | null {
  if (grant.shard !== shard) return `shard: ${grant.shard}, but this is shard ${shard}`;
  const breach = campaignBreach(grant) ?? (grant.release === null ? null : idBreach("release", grant.release));
  if (breach !== null) return breach;
  if (!keyIs(key, grant.campaign.id)) return "key: differs from campaign.id";
  if (!(grant.throttle >= 0 && grant.throttle <= 1)) return `throttle: ${grant.throttle} is no share`;
  for (const field of ["planRow", "shadowPrice", "revision"] as const)
    if (!(grant[field] >= 0 && Number.isFinite(grant[field]))) return `${field}: ${grant[field]}`;
  for (const field of ["grantedMinor", "returnTargetMinor"] as const)
    for (const account of ["plan", "exploration"] as const)
      if (grant[field][account] < 0n) return `${field}.${account}: ${grant[field][account]} is negative`;
  return null;
}

function campaignBreach({ campaign }: Grant): string | null {
  try {
    parseCampaign(campaign, "campaign");
    return null;
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
}
