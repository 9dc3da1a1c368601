// Training row: what became of a drawn decision, when the window of its outcomes has ended.

import type { TrainingRow } from "../../domain/decision/training-row.ts";
import { decodeAttributes } from "../state/user/attribute-bytes.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import { unpackDoubles } from "../state/user/packed.ts";

export function trainingRow(open: OpenDecision, userId: string, endedAtMs: number): TrainingRow {
  return {
    decisionId: open.decisionId,
    userId,
    campaign: open.campaign,
    decidedAtMs: open.decidedAtMs,
    endedAtMs,
    release: open.release ?? "",
    cluster: open.cluster,
    arm: open.arm,
    armId: open.armId,
    propensities: unpackDoubles(open.propensities),
    exploration: open.exploration,
    holdout: open.holdout,
    attributes: decodeAttributes(open.attributes),
    rewards: open.rewards,
    redeemed: open.redeemed,
    costMinor: (open.reservation === "absent" ? 0n : open.sendMinor) + open.settledMinor,
  };
}
