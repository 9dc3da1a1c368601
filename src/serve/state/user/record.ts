// The user's record: all that serving remembers of one user. One record, one write per user and cycle, bounded:
//
//   U1. At most 64 sessions of 48 hours are remembered (recent-sessions.ts), 43 activity buckets (activity.ts),
//       32 open decisions with 64 outcomes each, 32 ended ones for 48 hours, 16 campaigns of caps with 64 incentives
//       each. What comes in is bounded too (MAX_EVENT_BYTES), so that a record always fits on its topic.
//   U2. Open decisions that hold money never give way to the bound; one without money may be closed early.
//   U3. A user who has been idle until `keepUntilMs` has no record any more.
//   U4. `dueMs` is when somebody must look at the record although no event came: a window's end, or U3.

import { assert } from "../../../domain/assert.ts";
import type { Account } from "../../../domain/decision.ts";
import type { Minor } from "../../../domain/money.ts";
import type { ReservationState } from "../../ledger/legality.ts";
import { ACTIVITY_MS, NO_ACTIVITY, type Activity } from "./activity.ts";
import { idPrint } from "./fingerprint.ts";
import { DOUBLE_BYTES, NOTHING, appendRow, doubleAt, unpackDoubles } from "./packed.ts";

export const OPEN_MAX = 32;
export const ENDED_MAX = 32;
export const ENDED_MS = 48 * 3_600_000;
/** Outcomes that a decision takes. */
export const OUTCOMES_MAX = 64;
export const AGAIN_MAX = 32;
export const CAP_CAMPAIGNS_MAX = 16;
/** A cap above this counts as this. */
export const CAP_INCENTIVES_MAX = 64;

/** A decision whose outcomes still count. */
export interface OpenDecision {
  readonly decisionId: string;
  readonly campaign: string;
  readonly decidedAtMs: number;
  /** End of the window in which outcomes count; an incentive's hold ends with it, or before (settle/validity.ts). */
  readonly untilMs: number;
  readonly arm: number;
  readonly armId: string;
  readonly cluster: number;
  readonly release: string | null;
  /** Whether the draw decided: only then it is a row of the training log. */
  readonly drawn: boolean;
  readonly exploration: boolean;
  readonly holdout: boolean;
  readonly account: Account | null;
  readonly faceMinor: Minor;
  readonly sendMinor: Minor;
  /** `absent` without an incentive. */
  readonly reservation: ReservationState;
  readonly settledMinor: Minor;
  /** The outcome that ended the reservation. */
  readonly endedBy: string | null;
  /** Doubles. */
  readonly propensities: Uint8Array;
  /** The attributes as they were enriched, in few bytes (enrich/attribute-bytes.ts); empty when not drawn. */
  readonly attributes: Uint8Array;
  /** Rows of (outcome id, body): what was counted. */
  readonly outcomes: Uint8Array;
  readonly rewards: Readonly<Record<string, number>>;
  readonly redeemed: boolean;
  /** Decision ids that got this same incentive again, as fingerprints. */
  readonly again: Uint8Array;
}

/** A decision whose window is over: an outcome is late, once. */
export interface EndedDecision {
  /** Fingerprint of the decision id. */
  readonly decision: number;
  readonly endedAtMs: number;
  readonly campaign: string;
  readonly arm: number;
  readonly cluster: number;
  readonly account: Account | null;
  /** Id of the decision that held the money; differs from `decision` for one that got the same incentive again. */
  readonly decisionId: string;
  readonly outcomes: Uint8Array;
}

/** Times at which the user got an incentive of the campaign, doubles, oldest first. */
export interface Received {
  readonly campaign: string;
  readonly times: Uint8Array;
}

export interface UserRecord {
  readonly kind: "user_record";
  readonly dueMs: number;
  readonly keepUntilMs: number;
  readonly sessions: Uint8Array;
  readonly activity: Activity;
  readonly received: readonly Received[];
  readonly open: readonly OpenDecision[];
  readonly ended: readonly EndedDecision[];
}

export const NEW_USER: UserRecord = {
  kind: "user_record",
  dueMs: 0,
  keepUntilMs: 0,
  sessions: NOTHING,
  activity: NO_ACTIVITY,
  received: [],
  open: [],
  ended: [],
};

/** Idle users are forgotten when nothing that their record says can matter any more. */
export function keptUntil(record: UserRecord, nowMs: number, longestCapMs: number): number {
  return Math.max(record.keepUntilMs, nowMs + Math.max(ACTIVITY_MS, ENDED_MS, longestCapMs));
}

export function dueOf(record: UserRecord, endsNextMs: (open: OpenDecision) => number): number {
  let due = record.keepUntilMs;
  for (const open of record.open) due = Math.min(due, endsNextMs(open));
  return due;
}

export function withReceived(record: UserRecord, campaign: string, nowMs: number): readonly Received[] {
  const times = record.received.find((received) => received.campaign === campaign)?.times ?? NOTHING;
  const others = record.received.filter((received) => received.campaign !== campaign);
  assert(
    others.length < CAP_CAMPAIGNS_MAX,
    `incentives of more than ${CAP_CAMPAIGNS_MAX} campaigns are to be remembered`,
  );
  return [...others, { campaign, times: appendRow(times, [nowMs], CAP_INCENTIVES_MAX) }];
}

/** Whether an incentive of the campaign could be remembered: caps hold, so what they count is never forgotten for room. */
export function canReceive(record: UserRecord, campaign: string): boolean {
  const { received } = record;
  return received.length < CAP_CAMPAIGNS_MAX || received.some((entry) => entry.campaign === campaign);
}

/** When it is full: without the campaigns whose caps no longer look back to the last incentive. */
export function withRoom(record: UserRecord, nowMs: number, longestCapMs: (campaign: string) => number): UserRecord {
  const { received } = record;
  if (received.length < CAP_CAMPAIGNS_MAX) return record;
  const counting = received.filter(
    ({ campaign, times }) => doubleAt(times, times.length - DOUBLE_BYTES) > nowMs - longestCapMs(campaign),
  );
  return { ...record, received: counting };
}

/** How many incentives of the campaign the user got after `sinceMs`. */
export function receivedSince(record: UserRecord, campaign: string, sinceMs: number): number {
  const received = record.received.find((entry) => entry.campaign === campaign);
  return received === undefined ? 0 : unpackDoubles(received.times).filter((time) => time > sinceMs).length;
}

/** The open decision that an outcome is about: its own, or the one whose incentive it got again. */
export function findOpen(record: UserRecord, decisionId: string): number {
  const own = record.open.findIndex((open) => open.decisionId === decisionId);
  if (own >= 0) return own;
  const print = idPrint(decisionId);
  return record.open.findIndex((open) => includesDouble(open.again, print));
}

export function findEnded(record: UserRecord, decisionId: string, nowMs: number): number {
  const print = idPrint(decisionId);
  return record.ended.findIndex((ended) => ended.decision === print && ended.endedAtMs > nowMs - ENDED_MS);
}

function includesDouble(bytes: Uint8Array, value: number): boolean {
  for (let at = 0; at < bytes.length; at += DOUBLE_BYTES) if (doubleAt(bytes, at) === value) return true;
  return false;
}

/** The ended decisions with those of `open` (and all that got its incentive again) more, as many as are kept. */
export function withEnded(ended: readonly EndedDecision[], open: OpenDecision, nowMs: number): EndedDecision[] {
  const { campaign, arm, cluster, account, decisionId, outcomes } = open;
  const base = { endedAtMs: nowMs, campaign, arm, cluster, account, decisionId, outcomes };
  const all = [
    ...ended.filter((entry) => entry.endedAtMs > nowMs - ENDED_MS),
    ...unpackDoubles(open.again).map((decision) => ({ ...base, decision })),
    { ...base, decision: idPrint(decisionId) },
  ];
  return all.slice(Math.max(0, all.length - ENDED_MAX));
}
