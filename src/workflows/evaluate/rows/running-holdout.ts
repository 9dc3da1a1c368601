// Running holdout
// What campaigns bring beside their holdouts, kept up with decisions and outcomes as they come, each taken once; readHoldout
// (holdout-rows.ts) is the exact one, of a whole log. In memory that does not grow with them: when there is too much, the
// campaign that has most goes on with every second of its users, drawn by a hash, so that means stay what they are and
// intervals grow honestly. Users, decisions and outcomes are 53-bit fingerprints.

import type { Campaign } from "../../../domain/campaign/campaign.ts";
import type { Decision } from "../../../domain/decision/decision.ts";
import { hashUnit } from "../../../domain/random.ts";
import { ErasedUsers, type Erasure } from "../../../domain/session/erasure.ts";
import type { Outcome } from "../../../domain/session/session.ts";
import type { BootstrapOptions } from "../../../evaluate/policy/bootstrap.ts";
import { HoldoutSums, type HoldoutValue } from "../../../evaluate/policy/holdout.ts";
import { rewardOf } from "../../../serve/settle/reward.ts";
import { NOT_DECIDED } from "./holdout-rows.ts";

export interface RunningValue {
  readonly value: HoldoutValue | null;
  /** Of how many users one is counted: 1, 2, 4, … */
  readonly oneIn: number;
}

/** Enough that an interval's width is known to some 5 %. */
const LOTS = 256;
/** Bits of a fingerprint that draw users, and those that deal them into lots, are different ones. */
const DRAWN_BITS = 24;
const PRINT_SPAN = 2 ** 53;

export class RunningHoldouts {
  readonly #campaigns = new Map<string, RunningHoldout>();
  readonly #erased = new ErasedUsers();
  readonly #most: number;
  #entries = 0;

  /** `most`: users, decisions and outcomes that are kept, some 50 bytes each. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Where nobody is held out there is nothing to compare. */
  decision(decision: Decision, campaign: Campaign | null): void {
    if (campaign === null || campaign.holdoutShare === 0 || NOT_DECIDED.has(decision.reason)) return;
    if (this.#erased.has(decision.userId, decision.decidedAtMs)) return;
    let holdout = this.#campaigns.get(campaign.id);
    if (holdout === undefined) {
      holdout = new RunningHoldout(campaign.rewardWeights);
      this.#campaigns.set(campaign.id, holdout);
    }
    this.#entries += holdout.decision(printOf(decision.decisionId), printOf(decision.userId), decision.holdout);
    while (this.#entries > this.#most) this.#thin();
  }

  /** False where its decision is not known. */
  outcome({ decisionId, outcomeId, userId, rewards }: Outcome): boolean {
    const [decision, user] = [printOf(decisionId), printOf(userId)];
    for (const holdout of this.#campaigns.values()) {
      if (!holdout.knows(decision)) continue;
      this.#entries += holdout.outcome(printOf(`${decisionId} ${outcomeId}`), user, rewards);
      return true;
    }
    return false;
  }

  /** What was of the user until then is left out, be it here already or still to come. */
  erase(erasure: Pick<Erasure, "userId" | "atMs">): void {
    this.#erased.add(erasure);
    for (const holdout of this.#campaigns.values()) this.#entries -= holdout.forget(printOf(erasure.userId));
  }

  /** Null where nothing of it is known. */
  value({ id, holdoutShare }: Campaign, options: BootstrapOptions): RunningValue | null {
    return this.#campaigns.get(id)?.value(options, holdoutShare) ?? null;
  }

  keepOnly(campaigns: ReadonlySet<string>): void {
    for (const [id, holdout] of this.#campaigns)
      if (!campaigns.has(id)) {
        this.#entries -= holdout.entries;
        this.#campaigns.delete(id);
      }
  }

  get entries(): number {
    return this.#entries;
  }

  #thin(): void {
    let largest: RunningHoldout | null = null;
    for (const holdout of this.#campaigns.values())
      if (largest === null || holdout.entries > largest.entries) largest = holdout;
    if (largest === null) return;
    const before = largest.entries;
    largest.thin();
    this.#entries += largest.entries - before;
  }
}

class RunningHoldout {
  readonly #weights: Campaign["rewardWeights"];
  /** What each user's outcomes were worth. */
  readonly #served = new Map<number, number>();
  readonly #heldOut = new Map<number, number>();
  /** The user of each, so that they go together. */
  readonly #decisions = new Map<number, number>();
  readonly #outcomes = new Map<number, number>();
  #oneIn = 1;

  constructor(weights: Campaign["rewardWeights"]) {
    this.#weights = weights;
  }

  get entries(): number {
    return this.#served.size + this.#heldOut.size + this.#decisions.size + this.#outcomes.size;
  }

  knows(decision: number): boolean {
    return this.#decisions.has(decision);
  }

  /** How many entries came. */
  decision(decision: number, user: number, heldOut: boolean): number {
    if (!this.#isDrawn(user)) return 0;
    const before = this.entries;
    const users = heldOut ? this.#heldOut : this.#served;
    if (!users.has(user)) users.set(user, 0);
    this.#decisions.set(decision, user);
    return this.entries - before;
  }

  /** Sent again, it counts once. */
  outcome(outcome: number, user: number, rewards: Outcome["rewards"]): number {
    if (this.#outcomes.has(outcome)) return 0;
    const users = this.#heldOut.has(user) ? this.#heldOut : this.#served;
    const before = users.get(user);
    if (before === undefined) return 0;
    users.set(user, before + rewardOf(this.#weights, rewards));
    this.#outcomes.set(outcome, user);
    return 1;
  }

  /** How many entries went. */
  forget(user: number): number {
    if (!this.#served.has(user) && !this.#heldOut.has(user)) return 0;
    const before = this.entries;
    for (const users of [this.#served, this.#heldOut]) users.delete(user);
    for (const ids of [this.#decisions, this.#outcomes]) for (const [id, of] of ids) if (of === user) ids.delete(id);
    return before - this.entries;
  }

  thin(): void {
    this.#oneIn *= 2;
    for (const users of [this.#served, this.#heldOut])
      for (const user of users.keys()) if (!this.#isDrawn(user)) users.delete(user);
    for (const ids of [this.#decisions, this.#outcomes])
      for (const [id, user] of ids) if (!this.#isDrawn(user)) ids.delete(id);
  }

  value(options: BootstrapOptions, holdoutShare: number): RunningValue {
    const sums = new HoldoutSums(LOTS);
    for (const [users, heldOut] of [
      [this.#served, false],
      [this.#heldOut, true],
    ] as const)
      for (const [user, reward] of users) {
        const lot = Math.floor(user / 2 ** DRAWN_BITS) % LOTS;
        sums.user(lot, heldOut);
        sums.session(lot, heldOut);
        sums.reward(lot, heldOut, reward);
      }
    return { value: sums.value(options, holdoutShare), oneIn: this.#oneIn };
  }

  #isDrawn(user: number): boolean {
    return user % this.#oneIn === 0;
  }
}

function printOf(id: string): number {
  return Math.floor(hashUnit(id) * PRINT_SPAN);
}
