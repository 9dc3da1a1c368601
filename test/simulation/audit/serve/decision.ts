// Decision: what a decision row may say, by docs/ARCHITECTURE.md and the campaign in force. Which arm the plan's draw gives
// is taken from the row; that it may be given, and what it costs, is not.

import type { Decision } from "../../../../src/domain/decision/decision.ts";
import type { Session } from "../../../../src/domain/session/session.ts";
import type { ShardCampaign } from "./campaign.ts";
import type { Findings, Law } from "../findings.ts";
import { type Hold, type Open, type User } from "./user.ts";

export const DRAWN: ReadonlySet<string> = new Set([
  "holdout",
  "explored",
  "planned",
  "planned_control",
  "pacing_throttled",
]);
export const REFUSED: ReadonlySet<string> = new Set(["budget_exhausted", "budget_not_yet_granted"]);
const DAY_MS = 86_400_000;

export interface Moment {
  readonly place: string;
  readonly nowMs: number;
  readonly cycle: number;
}

/** The campaign that the session must go to, by the rule of src/serve/decide/choose-campaign.ts. */
export function campaignFor(
  session: Session,
  campaigns: ReadonlyMap<string, ShardCampaign>,
  nowMs: number,
): ShardCampaign | null {
  const there = [...campaigns.values()].filter(({ left }) => !left);
  if (session.campaign !== null) return there.find(({ campaign }) => campaign.id === session.campaign) ?? null;
  const serving = there.filter((campaign) => campaign.serves(session.surface));
  const rank = (one: ShardCampaign): number => (one.isLive(nowMs) ? 1_000 : 0) + one.campaign.priority;
  return serving.toSorted((a, b) => rank(b) - rank(a) || (a.campaign.id < b.campaign.id ? -1 : 1))[0] ?? null;
}

export function holdOf(row: Decision): Hold | null {
  if (row.reservationId === null || row.account === null) return null;
  return { account: row.account, faceMinor: Number(row.faceMinor), sendMinor: Number(row.sendMinor) };
}

export function openOf(row: Decision, campaign: ShardCampaign | null): Open {
  const hold = holdOf(row);
  const windowMs = campaign?.campaign.reservation.ttlMs ?? DAY_MS;
  return {
    decision: row,
    untilMs: row.decidedAtMs + windowMs,
    validUntilMs: row.decidedAtMs + (campaign?.campaign.arms[row.arm]?.validMs ?? windowMs),
    hold,
    held: hold !== null,
    settledMinor: 0,
    redeemed: false,
    drawn: DRAWN.has(row.reason),
    outcomes: [],
    rewards: new Map(),
    again: [],
  };
}

export class DecisionRules {
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  check(row: Decision, session: Session, campaign: ShardCampaign | null, user: User, moment: Moment): void {
    const demand = this.#demanding(row, moment);
    const { decisionId, sessionId, userId, sessionAtMs, decidedAtMs, cycle } = row;
    demand(decisionId === `d-${sessionId}` && userId === session.userId, "C7", "is not its session's");
    demand(sessionAtMs === session.atMs, "C7", "tells another time of its session");
    demand(decidedAtMs === moment.nowMs && cycle === moment.cycle, "C4", "is of another time or cycle");
    demand((row.campaign ?? null) === (campaign?.campaign.id ?? null), "decision", "is of another campaign");
    if (campaign === null) demand(row.reason === "invalid_campaign", "decision", "has no campaign");
    else this.#ofCampaign(row, campaign, user, moment);
    if (holdOf(row) === null)
      demand(
        row.reservedMinor === 0n && (row.arm === 0 || row.reason === "incentive_open"),
        "L1",
        "gives and holds nothing",
      );
  }

  #ofCampaign(row: Decision, campaign: ShardCampaign, user: User, moment: Moment): void {
    const demand = this.#demanding(row, moment);
    const { grant, release, planRow } = campaign;
    demand(row.revision === grant.revision, "T4", `is not of revision ${grant.revision}, which is in force`);
    demand(row.release === release && row.planRow === planRow, "T4", `is not by ${release} at row ${planRow}`);
    const must = this.#reasonBeforeDraw(row, campaign, user, moment);
    if (must !== null) demand(row.reason === must, "decision", `must be ${must}`);
    else demand(isDrawn(row) || row.reason === "downgraded" || REFUSED.has(row.reason), "decision", "must be drawn");
    demand(
      row.account === null || (row.account === "exploration") === (row.reason === "explored"),
      "L3",
      "is on the wrong account",
    );
    const sum = row.propensities.reduce((total, share) => total + share, 0);
    demand(!isDrawn(row) || Math.abs(sum - 1) < 1e-9, "decision", `its propensities come to ${sum}`);
    if (REFUSED.has(row.reason))
      demand(campaign.money.plan.free < campaign.largestHold, "S2", `refused with ${campaign.money.plan.free} free`);
    this.#money(row, campaign, moment);
  }

  #reasonBeforeDraw(row: Decision, campaign: ShardCampaign, user: User, moment: Moment): string | null {
    const { nowMs } = moment;
    const { id, startMs, endMs, caps } = campaign.campaign;
    const { state } = campaign.grant;
    if (state === "ended" || nowMs < startMs || nowMs >= endMs) return "campaign_not_live";
    if (state === "paused") return "campaign_paused";
    if (campaign.release === null) return "no_release";
    const known = campaign.holdout.get(row.userId);
    campaign.holdout.set(row.userId, row.reason === "holdout");
    if (known ?? row.reason === "holdout") return "holdout";
    const held = user.heldOf(id);
    if (held !== undefined && row.reason === "incentive_open") this.#validity(row, held, moment);
    if (held !== undefined)
      return held.decision.arm === row.arm ? "incentive_open" : "incentive_open with the same arm";
    const capped = caps.some((cap) => user.receivedSince(id, nowMs - cap.windowMs) >= cap.max);
    return capped ? "user_cap" : null;
  }

  #money(row: Decision, campaign: ShardCampaign, moment: Moment): void {
    const demand = this.#demanding(row, moment);
    const hold = holdOf(row);
    if (hold === null) return;
    const arm = campaign.campaign.arms[row.arm];
    const right =
      row.arm > 0 &&
      arm !== undefined &&
      arm.id === row.armId &&
      arm.faceMinor === row.faceMinor &&
      arm.sendMinor === row.sendMinor &&
      row.reservedMinor === row.faceMinor + row.sendMinor;
    demand(right, "L1", `holds ${row.reservedMinor} for arm ${row.arm}`);
    demand(row.reservationId === `r-${row.sessionId}`, "L5", "has another reservation's id");
    this.#validity(row, openOf(row, campaign), moment);
  }

  /** What is told of the end of what is held for it. */
  #validity(row: Decision, { validUntilMs, untilMs }: Open, moment: Moment): void {
    const law = validUntilMs < untilMs ? "S7" : "S1";
    const demand = this.#demanding(row, moment);
    demand(row.validUntilMs === validUntilMs, law, `ends at ${row.validUntilMs}, not at ${validUntilMs}`);
  }

  #demanding(row: Decision, { place }: Moment): (holds: boolean, law: Law, what: string) => void {
    return (holds, law, what) =>
      this.#findings.demand(holds, law, `${place} ${row.decisionId}`, () => `${row.reason}: ${what}`);
  }
}

function isDrawn(row: Decision): boolean {
  return DRAWN.has(row.reason);
}
