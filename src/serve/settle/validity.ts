// Validity: until when an incentive can be redeemed, and its money is held. By itself as long as outcomes count; an arm may
// have a shorter one. The window of outcomes is the same for all arms, so that what they bring can be compared.

import type { CampaignShard } from "../state/campaign/campaign-shard.ts";
import type { OpenDecision } from "../state/user/record.ts";

export type ShardOf = (campaign: string) => CampaignShard | undefined;

export function heldUntilMs({ campaign, arm, decidedAtMs, untilMs }: OpenDecision, shardOf: ShardOf): number {
  const validMs = shardOf(campaign)?.campaign.arms[arm]?.validMs ?? null;
  return validMs === null ? untilMs : Math.min(untilMs, decidedAtMs + validMs);
}

/** When something of it ends next: what is held, then the window. */
export function endsNextMs(open: OpenDecision, shardOf: ShardOf): number {
  return open.reservation === "held" ? heldUntilMs(open, shardOf) : open.untilMs;
}
