// User record
// All that serving remembers of one user, in one record that is written once per user and cycle.
//
// Invariants:
//   U1. It is bounded: 64 sessions of 48 hours (recent-sessions.ts), 43 activity buckets (activity.ts), 32 open decisions
//       with 64 outcomes each, 32 ended ones for 48 hours, 16 campaigns of caps with 64 incentives each. What comes in is
//       bounded too (MAX_EVENT_BYTES), so that a record always fits on its topic.
//   U2. Open decisions that hold money never give way to the bound; one without money may be closed early.
//   U3. A user who has been idle until `keepUntilMs` has no record any more.
//   U4. `dueMs` is when somebody must look at the record although no event came: a window's end, or U3.

import { assert } from "../../../domain/assert.ts";
import type { Account } from "../../../domain/decision/decision.ts";
import { ACTIVITY_MS, NO_ACTIVITY, withIncentive, type Activity } from "./activity.ts";
import { idPrint } from "./fingerprint.ts";
import type { OpenDecision } from "./open-decision.ts";
import { DOUBLE_BYTES, NOTHING, appendRow, doubleAt, unpackDoubles } from "./packed.ts";
import { newestMs } from "./recent-sessions.ts";

export const OPEN_MAX = 32;
export const ENDED_MAX = 32;
export const ENDED_MS = 48 * 3_600_000;
/** Outcomes that a decision takes. */
export const OUTCOMES_MAX = 64;
export const AGAIN_MAX = 32;
export const CAP_CAMPAIGNS_MAX = 16;
/** A cap above this counts as this. */
export const CAP_INCENTIVES_MAX = 64;

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
  /** Nothing of the user from until then is taken in any more; 0 when they were never erased. */
  readonly erasedAtMs: number;
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
  erasedAtMs: 0,
};

/**
 * What stays of a user who is erased: decisions whose money, or whose window, has still to end, without anything that the
 * user is or did; and until when all of it is erased, which covers every session that was decided.
 */
export function withoutUser(record: UserRecord, atMs: number, nowMs: number): UserRecord {
  const { open, ended, sessions } = record;
  const erasedAtMs = Math.max(
    ...[atMs, record.erasedAtMs, newestMs(sessions)],
    ...open.map(({ decidedAtMs }) => decidedAtMs),
  );
  const kept: UserRecord = { ...NEW_USER, open: open.map(withoutAttributes), ended, erasedAtMs };
  return {
    ...kept,
    keepUntilMs: Math.max(keptUntil(kept, nowMs, 0), ...open.map(({ untilMs }) => untilMs + ENDED_MS)),
  };
}

/** Not drawn: it becomes no row of the training log. */
export function withoutAttributes(open: OpenDecision): OpenDecision {
  return { ...open, drawn: false, propensities: NOTHING, attributes: NOTHING, rewards: {} };
}

/** Idle users are forgotten when nothing that their record says can matter any more. */
export function keptUntil(record: UserRecord, nowMs: number, longestCapMs: number): number {
  return Math.max(record.keepUntilMs, nowMs + Math.max(ACTIVITY_MS, ENDED_MS, longestCapMs));
}

/** A user of whom nothing is open any more and nothing needs to be kept: the record is to be deleted. */
export function isIdle({ open, keepUntilMs }: UserRecord, nowMs: number): boolean {
  return open.length === 0 && keepUntilMs > 0 && keepUntilMs <= nowMs;
}

export function dueOf(record: UserRecord, endsNextMs: (open: OpenDecision) => number): number {
  let due = record.keepUntilMs;
  for (const open of record.open) due = Math.min(due, endsNextMs(open));
  return due;
}

/** With an incentive of the campaign given now: what caps and activity count. */
export function withIncentiveGiven(record: UserRecord, campaign: string, nowMs: number): UserRecord {
  const times = record.received.find((received) => received.campaign === campaign)?.times ?? NOTHING;
  const others = record.received.filter((received) => received.campaign !== campaign);
  assert(
    others.length < CAP_CAMPAIGNS_MAX,
    `incentives of more than ${CAP_CAMPAIGNS_MAX} campaigns are to be remembered`,
  );
  const received = [...others, { campaign, times: appendRow(times, [nowMs], CAP_INCENTIVES_MAX) }];
  return { ...record, activity: withIncentive(record.activity, nowMs), received };
}

/** With a decision that got the incentive of an open one once more. */
export function withIncentiveAgain(
  record: UserRecord,
  open: OpenDecision,
  decisionId: string,
  nowMs: number,
): UserRecord {
  const at = record.open.indexOf(open);
  assert(at >= 0, `open decision ${open.decisionId} of the user is missing`);
  const again = appendRow(open.again, [idPrint(decisionId)], AGAIN_MAX);
  const keepUntilMs = keptUntil(record, nowMs, 0);
  return { ...record, keepUntilMs, open: record.open.with(at, { ...open, again }) };
}

/**
 * With one more open decision. A full record makes room: the oldest that holds no money is closed before its time; while all hold
 * money, the new one, which has none, is closed at once.
 */
export function withOpen(
  record: UserRecord,
  open: OpenDecision,
  nowMs: number,
): { readonly record: UserRecord; readonly closed: OpenDecision | null } {
  if (record.open.length < OPEN_MAX) return { record: { ...record, open: [...record.open, open] }, closed: null };
  const closed = record.open.find(({ reservation }) => reservation !== "held") ?? null;
  const rest = record.open.filter((each) => each !== closed);
  const ended = withEnded(record.ended, closed ?? open, nowMs);
  return { record: { ...record, open: closed === null ? rest : [...rest, open], ended }, closed };
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
