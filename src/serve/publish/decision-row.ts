// Decision row: what a session got and why, complete for whoever reads it: no join is needed to evaluate a policy on it.

import type { Decision } from "../../domain/decision/decision.ts";
import type { CycleContext } from "../../task/processor.ts";
import type { ArmAssignment } from "../decide/arm-assignment.ts";
import type { EnrichedSession } from "../enrich/enrich.ts";
import { heldUntilMs, type Campaigns } from "../settle/windows.ts";
import type { CampaignShard } from "../state/campaign/campaign-shard.ts";

/** Without the hash of the row before it, which the journal knows. `shard` is undefined when no campaign was found. */
export function decisionRow(
  { session, decisionId, cluster, probability, degraded, featuresHash }: EnrichedSession,
  { reason, arm, account, reservation, policy, holdout, explored, again }: ArmAssignment,
  shard: CampaignShard | undefined,
  campaigns: Campaigns,
  { nowMs, cycle }: CycleContext,
): Omit<Decision, "previousHash"> {
  const given = again === null ? shard?.arm(arm) : undefined;
  return {
    decisionId,
    sessionId: session.sessionId,
    userId: session.userId,
    campaign: shard?.campaign.id ?? null,
    sessionAtMs: session.atMs,
    decidedAtMs: nowMs,
    cycle,
    reason,
    arm,
    armId: again?.armId ?? given?.id ?? "",
    faceMinor: again?.faceMinor ?? given?.faceMinor ?? 0n,
    sendMinor: given?.sendMinor ?? 0n,
    currency: shard?.campaign.currency ?? null,
    account,
    reservationId: reservation?.reservationId ?? null,
    reservedMinor: reservation === null ? 0n : reservation.faceMinor + reservation.sendMinor,
    validUntilMs: reservation?.untilMs ?? (again === null ? null : heldUntilMs(again, campaigns)),
    cluster,
    clusterProbability: probability,
    release: shard?.inForce.release ?? null,
    planRow: shard?.inForce.planRow ?? -1,
    revision: shard?.inForce.settings.grant.revision ?? 0,
    propensities: policy?.propensities ?? [],
    holdout,
    exploration: explored,
    degraded,
    featuresHash,
  };
}
