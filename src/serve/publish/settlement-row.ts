// Settlement row: what became of a decision's money. An end moves money, once; what comes after it is a row without any.

import type { Settlement, SettlementStatus } from "../../domain/decision/decision.ts";
import type { Minor } from "../../domain/money/money.ts";
import type { CycleContext } from "../../task/processor.ts";
import { lateSettlementIdOf, reservationIdOf, settlementIdOf } from "../ids.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";

type Settled = Pick<OpenDecision, "decisionId" | "campaign" | "arm" | "cluster" | "account">;
/** Without the hash of the row before it, which the journal knows. */
type UnchainedSettlement = Omit<Settlement, "previousHash">;

export interface HoldEnd {
  readonly status: Exclude<SettlementStatus, "late">;
  readonly settledMinor: Minor;
  readonly releasedMinor: Minor;
  /** Null for an expiry. */
  readonly outcomeId: string | null;
}

export function settlementRow(
  decision: Settled,
  { status, settledMinor, releasedMinor, outcomeId }: HoldEnd,
  userId: string,
  context: CycleContext,
): UnchainedSettlement {
  const settlementId = settlementIdOf(decision.decisionId);
  return rowOf(decision, { settlementId, status, outcomeId }, settledMinor, releasedMinor, userId, context);
}

export function lateRow(
  decision: Settled,
  outcomeId: string,
  userId: string,
  context: CycleContext,
): UnchainedSettlement {
  const settlementId = lateSettlementIdOf(decision.decisionId, outcomeId);
  return rowOf(decision, { settlementId, status: "late", outcomeId }, 0n, 0n, userId, context);
}

function rowOf(
  { decisionId, campaign, arm, cluster, account }: Settled,
  end: Pick<Settlement, "settlementId" | "status" | "outcomeId">,
  amountMinor: Minor,
  releasedMinor: Minor,
  userId: string,
  { nowMs, cycle }: CycleContext,
): UnchainedSettlement {
  return {
    ...end,
    decisionId,
    reservationId: reservationIdOf(decisionId),
    userId,
    campaign,
    account: account ?? "plan",
    amountMinor,
    releasedMinor,
    atMs: nowMs,
    cycle,
    arm,
    cluster,
  };
}
