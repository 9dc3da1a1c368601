// Decide: one session's way through the list of docs/REASONS.md; the first reason that applies is the answer. Books the
// money of what it gives in the campaign's book; everything else is for the caller to write down. It knows no clock and
// no log, and never waits.

import { assert, must } from "../../domain/assert.ts";
import { strictHoldMinor } from "../../domain/campaign/campaign.ts";
import type { Account, Reason } from "../../domain/decision/decision.ts";
import type { Session } from "../../domain/session/session.ts";
import type { ReadyRelease } from "../classify/release-cache.ts";
import type { EnrichedSession } from "../enrich/enrich.ts";
import { reservationIdOf } from "../ids.ts";
import type { Reservation } from "../ledger/reservation.ts";
import type { CampaignShard } from "../state/campaign/campaign-shard.ts";
import { canReceive, receivedSince, CAP_INCENTIVES_MAX, OPEN_MAX, type UserRecord } from "../state/user/record.ts";
import { controlArm, type ArmAssignment } from "./arm-assignment.ts";
import { chancesOf } from "./chance.ts";
import { cheaperArm } from "./downgrade.ts";
import { draw, loggingPolicyOf, type PolicyCache } from "./logging-policy.ts";

/** What deciding takes of a session. */
export type ClassifiedSession = Pick<EnrichedSession, "decisionId" | "release" | "cluster"> & {
  readonly session: Pick<Session, "sessionId" | "userId">;
};

export function decide(
  session: ClassifiedSession,
  user: UserRecord,
  shard: CampaignShard,
  nowMs: number,
  policies: PolicyCache,
): ArmAssignment {
  return beforeDraw(session, user, shard, nowMs) ?? afterDraw(session, shard, nowMs, policies);
}

function beforeDraw(
  { session, release, cluster }: ClassifiedSession,
  user: UserRecord,
  shard: CampaignShard,
  nowMs: number,
): ArmAssignment | null {
  const { campaign, inForce } = shard;
  const { state } = inForce.settings.grant;
  if (state === "ended" || nowMs < campaign.startMs || nowMs >= campaign.endMs) return controlArm("campaign_not_live");
  if (state === "paused" || shard.isOvergranted) return controlArm("campaign_paused");
  if (inForce.release === null || (release !== null && !fits(release, shard))) return controlArm("no_release");
  if (isHeldOut(shard, session.userId)) return heldOut(shard);
  const open = user.open.find((entry) => entry.campaign === campaign.id && entry.reservation === "held");
  if (open !== undefined) return { ...controlArm("incentive_open"), arm: open.arm, again: open };
  if (isCapped(user, shard, nowMs)) return controlArm("user_cap");
  return release === null || cluster < 0 ? controlArm("classifier_unavailable") : null;
}

/** For as long as the campaign lasts: its secret never changes. */
function isHeldOut({ campaign, inForce }: CampaignShard, userId: string): boolean {
  const { holdoutShare: share } = campaign;
  return share > 0 && chancesOf(inForce.settings.grant.secret, `holdout/${campaign.id}/${userId}`)[0] < share;
}

function afterDraw(
  session: ClassifiedSession,
  shard: CampaignShard,
  nowMs: number,
  policies: PolicyCache,
): ArmAssignment {
  const { cluster } = session;
  const { campaign, inForce } = shard;
  const exploration = explorationShare(shard);
  const { throttle } = inForce.settings.grant;
  const policy = policies.of(shard, must(session.release, "a release"), cluster, exploration);
  const chances = chancesOf(inForce.settings.grant.secret, `draw/${campaign.id}/${session.session.sessionId}`);
  const drawn = draw(chances, policy, exploration, throttle);
  shard.eligible(cluster);
  const base = { ...controlArm("planned_control"), policy, drawn: true, explored: drawn.explored };
  if (drawn.explored) {
    const control = { ...base, reason: "explored" as const };
    if (drawn.arm === 0) return control;
    const reservation = reserve(session, shard, nowMs, "exploration", drawn.arm);
    assert(reservation !== null, "the exploration account could pay for every arm");
    return { ...control, arm: drawn.arm, account: "exploration", reservation };
  }
  shard.statistics.plannedShares(cluster, policy.shares);
  const answer = drawn.throttled
    ? { ...base, reason: "pacing_throttled" as const }
    : drawn.arm === 0
      ? base
      : planned(session, shard, nowMs, base, drawn.arm);
  shard.statistics.gave(cluster, answer.arm, answer.reservation?.faceMinor ?? 0n);
  return answer;
}

/** The slice is open only while its account can pay for whatever it draws; else its arms would not be drawn alike. */
function explorationShare(shard: CampaignShard): number {
  const { explorationShare: share } = shard.campaign;
  return share > 0 && shard.free("exploration") >= shard.largestHold ? share : 0;
}

function planned(
  session: ClassifiedSession,
  shard: CampaignShard,
  nowMs: number,
  base: ArmAssignment,
  arm: number,
): ArmAssignment {
  const reservation = reserve(session, shard, nowMs, "plan", arm);
  if (reservation !== null) return { ...base, reason: "planned", arm, account: "plan", reservation };
  const hold = strictHoldMinor(shard.arm(arm));
  shard.wasRefused(hold);
  const { values } = must(session.release, "a release").manifest;
  const cheaper = cheaperArm(
    shard.campaign,
    values,
    session.cluster,
    shard.inForce.shadowPrice,
    hold,
    shard.free("plan"),
  );
  if (cheaper !== null) {
    const instead = must(reserve(session, shard, nowMs, "plan", cheaper), "a reservation that the account can pay");
    return { ...base, reason: "downgraded", arm: cheaper, account: "plan", reservation: instead, drawn: false };
  }
  return { ...base, reason: refusal(shard, hold), drawn: false };
}

/** Exhausted: what the treasurer could still grant would not pay for it either. */
function refusal(shard: CampaignShard, hold: bigint): Reason {
  const { grant } = shard.inForce.settings;
  const ungranted = grant.ungrantedMinor.plan;
  return shard.free("plan") + ungranted < hold ? "budget_exhausted" : "budget_not_yet_granted";
}

function reserve(
  { decisionId }: ClassifiedSession,
  shard: CampaignShard,
  nowMs: number,
  account: Account,
  armIndex: number,
): Reservation | null {
  const reservationId = reservationIdOf(decisionId);
  const arm = shard.arm(armIndex);
  const { status, reservation } = shard.book.reserve(null, {
    reservationId,
    account,
    faceMinor: arm.faceMinor,
    sendMinor: arm.sendMinor,
    untilMs: nowMs + (arm.validMs ?? shard.campaign.reservation.ttlMs),
  });
  if (status === "insufficient") return null;
  assert(status === "reserved", `${reservationId}: ${status}`);
  shard.touched();
  return reservation;
}

function fits(release: ReadyRelease, shard: CampaignShard): boolean {
  const { arms } = release.manifest;
  const { arms: own } = shard.campaign;
  return arms.length === own.length && own.every((arm, index) => arm.id === arms[index]);
}

function isCapped(user: UserRecord, shard: CampaignShard, nowMs: number): boolean {
  const { id, caps } = shard.campaign;
  // No room for another hold: every open decision of the user holds money.
  if (user.open.length >= OPEN_MAX && user.open.every((open) => open.reservation === "held")) return true;
  if (!canReceive(user, id)) return true;
  return caps.some((cap) => receivedSince(user, id, nowMs - cap.windowMs) >= Math.min(cap.max, CAP_INCENTIVES_MAX));
}

function heldOut(shard: CampaignShard): ArmAssignment {
  shard.heldOut();
  const arms = shard.campaign.arms.length;
  const policy = loggingPolicyOf(
    Array.from({ length: arms }, (_, arm) => (arm === 0 ? 1 : 0)),
    0,
    1,
  );
  return { ...controlArm("holdout"), policy, drawn: true, holdout: true };
}
