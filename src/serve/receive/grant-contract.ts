// Grant contract: what a shard can see of a grant by itself, before it takes money or settings from it: that it is for this
// shard, that the campaign in it is one, and that its numbers can be counted with.

import { InvalidInput, parseCampaign, withKnownController } from "../../domain/campaign/campaign.ts";
import { returnsReleased, SECRET_BYTES, type AccountTotals, type Grant } from "../../domain/campaign/control.ts";
import { idBreach, keyIs } from "../../domain/ids.ts";

/** Null when nothing is wrong. */
export function grantBreach(grant: Grant, key: Uint8Array | null, shard: number): string | null {
  if (grant.shard !== shard) return `shard: ${grant.shard}, but this is shard ${shard}`;
  if (grant.secret.length !== SECRET_BYTES) return `secret: ${grant.secret.length} bytes, not ${SECRET_BYTES}`;
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

/**
 * Of money that comes anew to the plan account: no treasurer lets a shard that alone has more than the whole budget draw. After a
 * cut more may be out, also in the first grant that a shard hears of it, but then nothing is let through. Under `expected` the plan
 * may lend, and an exploration budget that was cut stops nothing: there the treasurer finds out by the shard's report.
 */
export function moneyBreach(
  grant: Grant,
  { granted, returned }: Pick<AccountTotals, "granted" | "returned">,
): string | null {
  const { campaign, grantedMinor, throttle } = grant;
  if (grantedMinor.plan <= granted || throttle === 0 || returnsReleased(campaign, "plan")) return null;
  const out = grantedMinor.plan - returned;
  if (out <= campaign.budgetMinor) return null;
  return `grantedMinor.plan: ${out} would be out in this shard alone, of a budget of ${campaign.budgetMinor}`;
}

function campaignBreach({ campaign }: Grant): string | null {
  try {
    parseCampaign(withKnownController(campaign), "campaign");
    return null;
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
}
