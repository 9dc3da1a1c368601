// Settle: the money and the rows of what has ended (SPEC.md beside this file). What an outcome is, and what it leaves in the
// user's record, was judged before (judge.ts, outcome.ts, windows.ts); the book must say the same of the money, or the task stops.

import { assert, must } from "../../domain/assert.ts";
import type { Outcome } from "../../domain/session/session.ts";
import type { CycleContext } from "../../task/processor.ts";
import { reservationIdOf } from "../ids.ts";
import type { EndResult, Reservation } from "../ledger/reservation.ts";
import type { Journal } from "../publish/journal.ts";
import { lateRow, settlementRow, type HoldEnd } from "../publish/settlement-row.ts";
import { trainingRow } from "../publish/training-row.ts";
import type { CampaignShard } from "../state/campaign/campaign-shard.ts";
import type { OpenDecision } from "../state/user/open-decision.ts";
import type { EndedDecision } from "../state/user/record.ts";
import { heldUntilMs, type Campaigns, type ClosedWindows } from "./windows.ts";

/** Of one user in one cycle. */
export interface SettleContext {
  readonly userId: string;
  readonly userKey: Uint8Array;
  readonly cycle: CycleContext;
  readonly journal: Journal;
  readonly campaigns: Campaigns;
  /** By campaign. */
  readonly shards: ReadonlyMap<string, CampaignShard>;
}

/** An outcome that counts: `before` and `after` are its decision without and with it. */
export function settleOutcome(
  before: OpenDecision,
  after: OpenDecision,
  outcome: Outcome,
  context: SettleContext,
): void {
  if (outcome.kind === "converted" || before.reservation === "absent") return;
  if (before.reservation !== "held" && !context.shards.has(before.campaign))
    return settleLate(before, outcome, context);
  const { book } = shardOf(before, context);
  const reservation = reservationOf(before, context.campaigns);
  const { outcomeId } = outcome;
  const result =
    outcome.kind === "redeemed"
      ? book.post(reservation, outcomeId, outcome.amountMinor)
      : book.void(reservation, outcomeId);
  if (result.status !== "late") return endHold(before, after, result, outcomeId, context);
  assert(before.reservation !== "held", `${before.decisionId}: late, while it is held`);
  settleLate(before, outcome, context);
}

/** An outcome after the end of the hold: a row that says so, and never money. */
export function settleLate(ended: OpenDecision | EndedDecision, { outcomeId }: Outcome, context: SettleContext): void {
  context.journal.settlement(lateRow(ended, outcomeId, context.userId, context.cycle), context.userKey);
}

/** What is no longer valid expires; what was drawn becomes a row of the training log when its window is over. */
export function settleClosed({ expired, over }: ClosedWindows, context: SettleContext): void {
  for (const open of expired) expire(open, context);
  for (const open of over) {
    if (open.reservation === "held") expire(open, context);
    publishTraining(open, context);
  }
}

/** To the training log, if the draw decided it. */
export function publishTraining(open: OpenDecision, { journal, userId, userKey, cycle }: SettleContext): void {
  if (open.drawn) journal.training(trainingRow(open, userId, cycle.nowMs), userKey);
}

function expire(open: OpenDecision, context: SettleContext): void {
  const result = shardOf(open, context).book.expire(reservationOf(open, context.campaigns), context.cycle.nowMs);
  endHold(open, { reservation: "expired", settledMinor: 0n }, result, null, context);
}

function endHold(
  open: OpenDecision,
  judged: Pick<OpenDecision, "reservation" | "settledMinor">,
  { status, settledMinor, releasedMinor }: EndResult<string>,
  outcomeId: string | null,
  context: SettleContext,
): void {
  assert(
    isEnd(status) &&
      open.reservation === "held" &&
      status === judged.reservation &&
      settledMinor === judged.settledMinor,
    `${open.decisionId}: ${status} with ${settledMinor}, judged as ${judged.reservation} with ${judged.settledMinor}`,
  );
  const shard = shardOf(open, context);
  shard.touched();
  if (open.account === "plan" && open.release === shard.release)
    shard.statistics.settled(open.cluster, open.arm, settledMinor);
  const end = { status, settledMinor, releasedMinor, outcomeId };
  context.journal.settlement(settlementRow(open, end, context.userId, context.cycle), context.userKey);
}

function isEnd(status: string): status is HoldEnd["status"] {
  return status === "posted" || status === "voided" || status === "expired";
}

/** A campaign leaves the shard only when it holds nothing. */
function shardOf({ decisionId, campaign }: OpenDecision, { shards }: SettleContext): CampaignShard {
  return must(shards.get(campaign), `campaign ${campaign}, of which ${decisionId} has money,`);
}

/** The book's view of an open decision that has a reservation. */
function reservationOf(open: OpenDecision, campaigns: Campaigns): Reservation | null {
  const { reservation: state } = open;
  if (state === "absent") return null;
  return {
    reservationId: reservationIdOf(open.decisionId),
    account: must(open.account, `the account of ${open.decisionId}`),
    faceMinor: open.faceMinor,
    sendMinor: open.sendMinor,
    untilMs: heldUntilMs(open, campaigns),
    state,
    settledMinor: open.settledMinor,
    endedBy: open.endedBy,
  };
}
