// Day record: what was seen of a day from outside: every decision, what the user then did, how long it took, and the treasurer's
// statuses. Columns, not objects: a day has hundreds of thousands of sessions.

import { assert } from "../../domain/assert.ts";
import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { BudgetStatus } from "../../domain/campaign/control.ts";
import { PLANNED_REASONS, REASONS, type Decision, type Reason } from "../../domain/decision/decision.ts";
import type { Market, MarketOutcome } from "../market/market.ts";
import { AccountSums } from "./account-sums.ts";
import type { DayTraffic } from "../world/traffic.ts";

const NOT_DECIDED = 255;

const PLANNED: ReadonlySet<Reason> = new Set(PLANNED_REASONS);

export class DayRecord {
  readonly campaign: Campaign;
  readonly market: Market;
  readonly traffic: DayTraffic;
  /** By session. */
  readonly reason: Uint8Array;
  readonly arm: Uint8Array;
  readonly cluster: Int16Array;
  /** Index into `releases`; 255: none. */
  readonly release: Uint8Array;
  readonly planRow: Float32Array;
  readonly holdout: Uint8Array;
  readonly exploration: Uint8Array;
  /** [sessions, arms]; all 0 where no arm was drawn. */
  readonly propensities: Float32Array;
  readonly latencyMs: Float32Array;
  readonly decidedAtMs: Float64Array;
  /** Weighted reward and what the user would redeem, whether or not in time (minor units). */
  readonly reward: Float64Array;
  readonly redeemedMinor: Float64Array;

  readonly money = new AccountSums();
  readonly releases: string[] = [];
  readonly statuses: BudgetStatus[] = [];
  sent = 0;
  decided = 0;
  decidedTwice = 0;
  degraded = 0;
  sessionsResent = 0;
  outcomesSent = 0;
  nowMs: number;
  /** Real time of the day without its pauses, and of these. */
  wallMs = 0;
  pausedMs = 0;

  constructor(traffic: DayTraffic, campaign: Campaign, market: Market) {
    const n = traffic.sessions;
    this.traffic = traffic;
    this.campaign = campaign;
    this.market = market;
    this.nowMs = campaign.startMs;
    this.reason = new Uint8Array(n).fill(NOT_DECIDED);
    this.arm = new Uint8Array(n);
    this.cluster = new Int16Array(n).fill(-1);
    this.release = new Uint8Array(n).fill(255);
    this.planRow = new Float32Array(n).fill(-1);
    this.holdout = new Uint8Array(n);
    this.exploration = new Uint8Array(n);
    this.propensities = new Float32Array(n * campaign.arms.length);
    this.latencyMs = new Float32Array(n);
    this.decidedAtMs = new Float64Array(n);
    this.reward = new Float64Array(n);
    this.redeemedMinor = new Float64Array(n);
  }

  take(session: number, decision: Decision, outcome: MarketOutcome, latencyMs: number): void {
    assert(session >= 0 && session < this.traffic.sessions, `a decision for session ${decision.sessionId} of no user`);
    if (this.reason[session] !== NOT_DECIDED) {
      this.decidedTwice += 1;
      return;
    }
    this.decided += 1;
    this.degraded += Number(decision.degraded);
    this.reason[session] = REASONS.indexOf(decision.reason);
    this.arm[session] = decision.arm;
    this.cluster[session] = decision.cluster;
    this.release[session] = this.#releaseIndex(decision.release);
    this.planRow[session] = decision.planRow;
    this.holdout[session] = Number(decision.holdout);
    this.exploration[session] = Number(decision.exploration);
    this.propensities.set(decision.propensities, session * this.campaign.arms.length);
    this.latencyMs[session] = latencyMs;
    this.decidedAtMs[session] = decision.decidedAtMs;
    this.reward[session] = this.#rewardOf(outcome);
    this.redeemedMinor[session] = redeemedMinor(outcome, decision);
  }

  status(status: BudgetStatus): void {
    this.statuses.push(status);
  }

  reasonOf(session: number): Reason | null {
    return REASONS[this.reason[session] ?? NOT_DECIDED] ?? null;
  }

  /** Whether the plan decided. */
  isPlanned(session: number): boolean {
    const reason = this.reasonOf(session);
    return reason !== null && PLANNED.has(reason);
  }

  #releaseIndex(hash: string | null): number {
    if (hash === null) return 255;
    const found = this.releases.indexOf(hash);
    return found >= 0 ? found : this.releases.push(hash) - 1;
  }

  #rewardOf(outcome: MarketOutcome): number {
    let sum = 0;
    for (const [name, value] of Object.entries(outcome.rewards))
      sum += (this.campaign.rewardWeights[name] ?? 0) * value;
    return sum;
  }
}

function redeemedMinor(outcome: MarketOutcome, decision: Decision): number {
  if (outcome.redeemedMinor === null) return 0;
  return outcome.redeemedMinor === "whole" ? Number(decision.faceMinor) : outcome.redeemedMinor;
}
