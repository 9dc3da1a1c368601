// Settle: what an outcome does, and what the end of a window does (SPEC.md beside this file). The book says what becomes
// of the money; here are the rows, the training log, and the user's record.

import { assert } from "../../domain/assert.ts";
import type { Settlement, SettlementStatus } from "../../domain/decision.ts";
import type { Minor } from "../../domain/money.ts";
import type { Outcome } from "../../domain/session.ts";
import { decodeAttributes } from "../enrich/attribute-bytes.ts";
import { lateSettlementIdOf, reservationIdOf, settlementIdOf } from "../receive/ids.ts";
import type { Reservation } from "../ledger/reservation.ts";
import type { CampaignShard } from "../state/campaign/campaign-shard.ts";
import type { Journal } from "../publish/journal.ts";
import { appendRow, unpackDoubles } from "../state/user/packed.ts";
import {
  OUTCOMES_MAX,
  withEnded,
  type EndedDecision,
  type OpenDecision,
  type UserRecord,
} from "../state/user/record.ts";
import { outcomeRow, type Judgement } from "./judge.ts";
import { addRewards } from "./reward.ts";
import { endsNextMs, heldUntilMs, type ShardOf } from "./validity.ts";

/** Where settling happens. */
export interface Place {
  readonly userId: string;
  readonly userKey: Uint8Array;
  readonly nowMs: number;
  readonly cycle: number;
  readonly journal: Journal;
  /** Undefined for a decision that had no campaign. */
  readonly shardOf: ShardOf;
}

/** An outcome that counts: money first, then what it says for learning. */
export function settleOutcome(record: UserRecord, at: number, outcome: Outcome, place: Place): UserRecord {
  const open = record.open[at];
  assert(open !== undefined, `open decision ${at} is missing`);
  const moved = moveMoney(open, outcome, place);
  const counted: OpenDecision = {
    ...moved,
    outcomes: appendRow(moved.outcomes, outcomeRow(outcome), OUTCOMES_MAX),
    rewards: addRewards(moved.rewards, outcome.rewards),
  };
  return { ...record, open: record.open.with(at, counted) };
}

function moveMoney(open: OpenDecision, outcome: Outcome, place: Place): OpenDecision {
  if (outcome.kind === "converted" || open.reservation === "absent") return open;
  const { outcomeId } = outcome;
  const shard = place.shardOf(open.campaign);
  if (shard === undefined) {
    // The campaign has left the shard: nothing of it was held any more.
    assert(open.reservation !== "held", `${open.decisionId} holds money of an unknown campaign ${open.campaign}`);
    writeLate(open, outcomeId, place);
    return open;
  }
  const reservation = reservationOf(open, place);
  const result =
    outcome.kind === "redeemed"
      ? shard.book.post(reservation, outcomeId, outcome.amountMinor)
      : shard.book.void(reservation, outcomeId);
  const { status } = result;
  if (status === "late") {
    writeLate(open, outcomeId, place);
    return open;
  }
  assert(status === "posted" || status === "voided", `${open.decisionId}: ${status}, after the outcome was judged`);
  return ended(open, status, result, outcomeId, shard, place);
}

/** Writes the end of a reservation down, in the journal and in the decision. */
function ended(
  open: OpenDecision,
  status: Exclude<SettlementStatus, "late">,
  result: { readonly settledMinor: Minor; readonly releasedMinor: Minor },
  outcomeId: string | null,
  shard: CampaignShard,
  place: Place,
): OpenDecision {
  shard.touched();
  if (open.account === "plan" && open.release === shard.release)
    shard.statistics.settled(open.cluster, open.arm, result.settledMinor);
  place.journal.settlement(
    {
      ...rowOf(open, outcomeId, place),
      settlementId: settlementIdOf(open.decisionId),
      status,
      amountMinor: result.settledMinor,
      releasedMinor: result.releasedMinor,
    },
    place.userKey,
  );
  return {
    ...open,
    reservation: status,
    settledMinor: result.settledMinor,
    endedBy: outcomeId,
    redeemed: open.redeemed || status === "posted",
  };
}

/** An outcome after the end: a row that says so, and never money. */
export function settleLate(record: UserRecord, judgement: Judgement, outcome: Outcome, place: Place): UserRecord {
  assert(judgement.verdict === "late", "only what is late is settled late");
  const end = record.ended[judgement.at];
  assert(end !== undefined, `ended decision ${judgement.at} is missing`);
  writeLate(end, outcome.outcomeId, place);
  const outcomes = appendRow(end.outcomes, outcomeRow(outcome), OUTCOMES_MAX);
  // All that got the same incentive have one list of outcomes.
  const after = record.ended.map((entry) => (entry.decisionId === end.decisionId ? { ...entry, outcomes } : entry));
  return { ...record, ended: after };
}

function writeLate(end: Ended, outcomeId: string, place: Place): void {
  place.journal.settlement(
    {
      ...rowOf(end, outcomeId, place),
      settlementId: lateSettlementIdOf(end.decisionId, outcomeId),
      status: "late",
      amountMinor: 0n,
      releasedMinor: 0n,
    },
    place.userKey,
  );
}

type Ended = Pick<EndedDecision, "decisionId" | "campaign" | "arm" | "cluster" | "account">;

function rowOf(
  { decisionId, campaign, arm, cluster, account }: Ended,
  outcomeId: string | null,
  { userId, nowMs, cycle }: Place,
): Omit<Settlement, "previousHash" | "settlementId" | "status" | "amountMinor" | "releasedMinor"> {
  return {
    decisionId,
    reservationId: reservationIdOf(decisionId),
    userId,
    campaign,
    account: account ?? "plan",
    atMs: nowMs,
    cycle,
    outcomeId,
    arm,
    cluster,
  };
}

/**
 * What is no longer valid expires. The windows that are over: what is still held expires, what was drawn becomes a row of
 * the training log.
 */
export function closeDue(record: UserRecord, place: Place): UserRecord {
  const isDue = (open: OpenDecision): boolean => endsNextMs(open, place.shardOf) <= place.nowMs;
  if (!record.open.some(isDue)) return record;
  const goesOn = record.open.filter((open) => open.untilMs > place.nowMs);
  let closed: UserRecord = { ...record, open: goesOn.map((open) => (isDue(open) ? expire(open, place) : open)) };
  for (const open of record.open) if (open.untilMs <= place.nowMs) closed = close(closed, open, place);
  return closed;
}

/** Makes room: the oldest decision that holds no money is closed before its time. Null when all hold money. */
export function closeOldest(record: UserRecord, place: Place): UserRecord | null {
  const at = record.open.findIndex((open) => open.reservation !== "held");
  const open = record.open[at];
  return open === undefined ? null : close({ ...record, open: record.open.toSpliced(at, 1) }, open, place);
}

function close(record: UserRecord, open: OpenDecision, place: Place): UserRecord {
  const last = open.reservation === "held" ? expire(open, place) : open;
  if (last.drawn) place.journal.training(trainingRowOf(last, place), place.userKey);
  return { ...record, ended: withEnded(record.ended, last, place.nowMs) };
}

function expire(open: OpenDecision, place: Place): OpenDecision {
  const shard = place.shardOf(open.campaign);
  assert(shard !== undefined, `${open.decisionId} holds money of an unknown campaign ${open.campaign}`);
  const result = shard.book.expire(reservationOf(open, place), place.nowMs);
  assert(result.status === "expired", `${open.decisionId}: ${result.status} at its end`);
  return ended(open, "expired", result, null, shard, place);
}

function trainingRowOf(open: OpenDecision, { userId, nowMs }: Place) {
  return {
    decisionId: open.decisionId,
    userId,
    campaign: open.campaign,
    decidedAtMs: open.decidedAtMs,
    endedAtMs: nowMs,
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

/** The book's view of an open decision that has a reservation. */
function reservationOf(open: OpenDecision, { shardOf }: Place): Reservation | null {
  const { account, reservation: state } = open;
  if (account === null || state === "absent") return null;
  return {
    reservationId: reservationIdOf(open.decisionId),
    account,
    faceMinor: open.faceMinor,
    sendMinor: open.sendMinor,
    untilMs: heldUntilMs(open, shardOf),
    state,
    settledMinor: open.settledMinor,
    endedBy: open.endedBy,
  };
}
