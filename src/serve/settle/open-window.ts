// Open window: a decision, as the user's record keeps it while its outcomes count.

import type { Decision } from "../../domain/decision/decision.ts";
import type { ArmAssignment } from "../decide/arm-assignment.ts";
import type { EnrichedSession } from "../enrich/enrich.ts";
import { encodeAttributes } from "../state/user/attribute-bytes.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import { NOTHING } from "../state/user/packed.ts";

/** `windowMs`: how long its outcomes count. */
export function openDecisionOf(
  row: Omit<Decision, "previousHash">,
  { attributes }: EnrichedSession,
  { reservation, drawn, policy }: ArmAssignment,
  windowMs: number,
): OpenDecision {
  return {
    decisionId: row.decisionId,
    campaign: row.campaign ?? "",
    decidedAtMs: row.decidedAtMs,
    untilMs: row.decidedAtMs + windowMs,
    arm: row.arm,
    armId: row.armId,
    cluster: row.cluster,
    release: row.release,
    drawn,
    exploration: row.exploration,
    holdout: row.holdout,
    account: row.account,
    faceMinor: reservation?.faceMinor ?? 0n,
    sendMinor: reservation?.sendMinor ?? 0n,
    reservation: reservation?.state ?? "absent",
    settledMinor: 0n,
    endedBy: null,
    propensities: drawn && policy !== null ? policy.packed : NOTHING,
    attributes: drawn ? encodeAttributes(attributes) : NOTHING,
    outcomes: NOTHING,
    rewards: {},
    redeemed: false,
    again: NOTHING,
  };
}
