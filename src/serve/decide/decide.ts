// Decide: one session's way through the list of docs/REASONS.md; the first reason that applies is the answer. Books the
// money of what it gives in the campaign's book; everything else is for the caller to write down. It knows no clock and
// no log, and never waits.

import { assert, must } from "../../domain/assert.ts";
import { strictHoldMinor } from "../../domain/campaign.ts";
import type { Account, Reason } from "../../domain/decision.ts";
import { sharesAt } from "../../domain/frontier.ts";
import type { ReadyRelease } from "../classify/release-shelf.ts";
import type { Reservation } from "../ledger/reservation.ts";
import type { CampaignShard } from "../state/campaign/campaign-shard.ts";
import { canReceive, receivedSince, CAP_INCENTIVES_MAX, OPEN_MAX, type UserRecord } from "../state/user/record.ts";
import { chancesOf } from "./chance.ts";
import { cheaperArm } from "./downgrade.ts";
import { draw, policyOf, type Policy } from "./policy.ts";

export interface Question {
  readonly sessionId: string;
  readonly userId: string;
  readonly reservationId: string;
  readonly user: UserRecord;
  readonly shard: CampaignShard;
  /** Null when it could not be had. */
  readonly ready: ReadyRelease | null;
  /** −1 when the session could not be classified. */
  readonly cluster: number;
  readonly nowMs: number;
}

export interface Answer {
  readonly reason: Reason;
  readonly arm: number;
  readonly account: Account | null;
  /** Newly held. */
  readonly reservation: Reservation | null;
  /** Null when nothing was drawn. */
  readonly policy: Policy | null;
  /** The draw decided, so that the propensities say how. */
  readonly drawn: boolean;
  readonly explored: boolean;
  readonly holdout: boolean;
  /** Index of the user's open decision whose incentive this is again; −1 when it is none. */
  readonly again: number;
}

export function decide(question: Question, policies: Policies): Answer {
  return beforeDraw(question) ?? afterDraw(question, policies);
}

function beforeDraw(question: Question): Answer | null {
  const { shard, user, userId, nowMs, ready, cluster } = question;
  const { campaign, inForce } = shard;
  const { state } = inForce.settings.grant;
  if (state === "ended" || nowMs < campaign.startMs || nowMs >= campaign.endMs) return control("campaign_not_live");
  if (state === "paused" || shard.isOvergranted) return control("campaign_paused");
  if (inForce.release === null || (ready !== null && !fits(ready, shard))) return control("no_release");
  if (isHeldOut(shard, userId)) return heldOut(shard);
  const open = user.open.findIndex((entry) => entry.campaign === campaign.id && entry.reservation === "held");
  if (open >= 0) return { ...control("incentive_open"), arm: user.open[open]?.arm ?? 0, again: open };
  if (isCapped(question)) return control("user_cap");
  return ready === null || cluster < 0 ? control("classifier_unavailable") : null;
}

/** For as long as the campaign lasts: its secret never changes. */
function isHeldOut({ campaign, inForce }: CampaignShard, userId: string): boolean {
  const { holdoutShare: share } = campaign;
  return share > 0 && chancesOf(inForce.settings.grant.secret, `holdout/${campaign.id}/${userId}`)[0] < share;
}

function afterDraw(question: Question, policies: Policies): Answer {
  const { shard, sessionId, cluster } = question;
  const { campaign, inForce } = shard;
  const exploration = explorationShare(shard);
  const { throttle } = inForce.settings.grant;
  const policy = policies.of(shard, must(question.ready, "a release"), cluster, exploration);
  const chances = chancesOf(inForce.settings.grant.secret, `draw/${campaign.id}/${sessionId}`);
  const drawn = draw(chances, policy, exploration, throttle);
  shard.eligible(cluster);
  const base = { ...control("planned_control"), policy, drawn: true, explored: drawn.explored };
  if (drawn.explored) return explored(question, { ...base, reason: "explored" }, drawn.arm);
  shard.statistics.plannedShares(cluster, policy.shares);
  const answer = drawn.throttled
    ? { ...base, reason: "pacing_throttled" as const }
    : drawn.arm === 0
      ? base
      : planned(question, base, drawn.arm);
  shard.statistics.gave(cluster, answer.arm, answer.reservation?.faceMinor ?? 0n);
  return answer;
}

/** The slice is open only while its account can pay for whatever it draws; else its arms would not be drawn alike. */
function explorationShare(shard: CampaignShard): number {
  const { explorationShare: share } = shard.campaign;
  return share > 0 && shard.free("exploration") >= shard.largestHold ? share : 0;
}

function explored(question: Question, base: Answer, arm: number): Answer {
  if (arm === 0) return base;
  const reservation = reserve(question, "exploration", arm);
  assert(reservation !== null, "the exploration account could pay for every arm");
  return { ...base, arm, account: "exploration", reservation };
}

function planned(question: Question, base: Answer, arm: number): Answer {
  const reservation = reserve(question, "plan", arm);
  if (reservation !== null) return { ...base, reason: "planned", arm, account: "plan", reservation };
  const { shard, cluster, ready } = question;
  const hold = strictHoldMinor(shard.arm(arm));
  shard.wasRefused(hold);
  const { values } = must(ready, "a release").manifest;
  const cheaper = cheaperArm(shard.campaign, values, cluster, shard.inForce.shadowPrice, hold, shard.free("plan"));
  if (cheaper !== null) {
    const instead = must(reserve(question, "plan", cheaper), "a reservation that the account can pay");
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

function reserve(question: Question, account: Account, armIndex: number): Reservation | null {
  const { shard, reservationId, nowMs } = question;
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

function fits(ready: ReadyRelease, shard: CampaignShard): boolean {
  const { arms } = ready.manifest;
  const { arms: own } = shard.campaign;
  return arms.length === own.length && own.every((arm, index) => arm.id === arms[index]);
}

function isCapped({ user, shard, nowMs }: Question): boolean {
  const { id, caps } = shard.campaign;
  // No room for another hold: every open decision of the user holds money.
  if (user.open.length >= OPEN_MAX && user.open.every((open) => open.reservation === "held")) return true;
  if (!canReceive(user, id)) return true;
  return caps.some((cap) => receivedSince(user, id, nowMs - cap.windowMs) >= Math.min(cap.max, CAP_INCENTIVES_MAX));
}

function control(reason: Reason): Answer {
  return {
    reason,
    arm: 0,
    account: null,
    reservation: null,
    policy: null,
    drawn: false,
    explored: false,
    holdout: false,
    again: -1,
  };
}

function heldOut(shard: CampaignShard): Answer {
  shard.heldOut();
  const arms = shard.campaign.arms.length;
  const policy = policyOf(
    Array.from({ length: arms }, (_, arm) => (arm === 0 ? 1 : 0)),
    0,
    1,
  );
  return { ...control("holdout"), policy, drawn: true, holdout: true };
}

/** Policies of a cycle, each worked out once: they change only with a grant, or when the exploration account runs dry. */
export class Policies {
  readonly #known = new Map<CampaignShard, Map<number, Policy>>();

  of(shard: CampaignShard, ready: ReadyRelease, cluster: number, exploration: number): Policy {
    let known = this.#known.get(shard);
    if (known === undefined) {
      known = new Map();
      this.#known.set(shard, known);
    }
    const key = exploration > 0 ? cluster : -1 - cluster;
    let policy = known.get(key);
    if (policy === undefined) {
      const shares = sharesAt(ready.manifest.frontier, shard.inForce.planRow, cluster);
      policy = policyOf(shares, exploration, shard.inForce.settings.grant.throttle);
      known.set(key, policy);
    }
    return policy;
  }
}
