// Heads
// What reward and cost are made of, as the questions that the network learns: each a head with a target per row
// (NaN where the question does not arise) and a recipe that puts the answers together again.
//
// A log-loss head asks whether something happened, an amount head how much, given that it did. A part of the cost that
// is the same for every row of an arm is no question: it is read off the log (a Gamma loss on such amounts, or on
// tiny ones, would ruin the trunk that all heads share).

import { assert, must } from "../../domain/assert.ts";
import type { Block, Tasks } from "../nouns.ts";

/** A row's value, in whichever block the row is. */
type Of<T> = (block: Block, row: number) => T;

export interface Head {
  readonly name: string;
  readonly kind: "logit" | "amount";
  /** How much harder than usual the head is held to one answer for all arms. */
  readonly pooling: number;
  /** NaN where the question does not arise. Amounts are in units of their mean. */
  readonly target: Of<number>;
}

/** How an arm's cost comes about. */
export type ArmCost =
  | { readonly kind: "certain"; readonly minor: number }
  /** `send`, and `amount` with the probability that it is redeemed; times the amount head where amounts vary. */
  | { readonly kind: "redeemed"; readonly send: number; readonly amount: number; readonly varies: boolean };

export interface RewardRecipe {
  readonly weight: number;
  readonly occurs: number;
  /** Null for a binary reward. */
  readonly amount: { readonly head: number; readonly mean: number } | null;
}

export interface CostRecipe {
  readonly arms: readonly ArmCost[];
  /** Heads whose probabilities are multiplied to that of redemption. */
  readonly redeems: readonly number[];
  /** Head of the amount relative to the arm's own mean, for arms whose amounts vary; null: there is none. */
  readonly amount: number | null;
}

export interface HeadPlan {
  /** Log-loss heads first. */
  readonly heads: readonly Head[];
  readonly rewards: readonly RewardRecipe[];
  readonly cost: CostRecipe;
}

/** Poolings of the pilot: a basket hardly depends on the arm, a redemption somewhat. */
const BASKET_POOLING = 300;
const REDEEM_POOLING = 10;

/** Whether an answer may differ by arm for a learner that cannot be held to one answer by a penalty. */
export function differsByArm({ pooling }: Head): boolean {
  return pooling < BASKET_POOLING;
}

/** Amounts below this share of their mean count as this share. */
const SMALLEST_AMOUNT = 0.01;
/** Relative deviation below which an arm's amounts are one constant. */
const CONSTANT = 1e-3;

/** The questions, read off the rows of `block`. */
export function planHeads(block: Block, tasks: Tasks, arms: number): HeadPlan {
  const heads = new HeadList(block);
  const rewards = tasks.rewards.map((reward, index): RewardRecipe => {
    const value: Of<number> = (b, row) => b.rewards[row * tasks.rewards.length + index]!;
    const occurs = heads.logit(`${reward.name} happens`, 1, (b, row) => (value(b, row) > 0 ? 1 : 0));
    if (reward.kind === "binary") return { weight: reward.weight, occurs, amount: null };
    const { mean } = spread(block, value, (b, row) => value(b, row) > 0);
    if (mean === 0) return { weight: 0, occurs, amount: null };
    const target: Of<number> = (b, row) => (value(b, row) > 0 ? value(b, row) / mean : NaN);
    const head = heads.amount(`${reward.name} given that`, BASKET_POOLING, target);
    return { weight: reward.weight, occurs, amount: { head, mean } };
  });
  const cost = planCost(block, tasks, arms, heads, rewards);
  return heads.finish(rewards, cost);
}

/** [n, heads] */
export function targetsOf(heads: readonly Head[], block: Block): Float32Array {
  return Float32Array.from({ length: block.n * heads.length }, (_, i) =>
    heads[i % heads.length]!.target(block, Math.floor(i / heads.length)),
  );
}

function planCost(
  block: Block,
  tasks: Tasks,
  arms: number,
  heads: HeadList,
  rewards: readonly RewardRecipe[],
): CostRecipe {
  const model = tasks.cost;
  switch (model.kind) {
    case "constant":
      return { arms: model.sendMinor.map((minor) => ({ kind: "certain", minor })), redeems: [], amount: null };
    case "redeemed": {
      const costs = model.faceMinor.map((face, arm): ArmCost => {
        const send = must(model.sendMinor[arm], "an arm's send cost");
        return face > 0 ? { kind: "redeemed", send, amount: face, varies: false } : { kind: "certain", minor: send };
      });
      const given = model.givenReward === null ? [] : [model.givenReward];
      const asks = redeemHeads(block, tasks, heads, rewards, costs, (b, row) => b.redeemed?.[row] === 1, given);
      return { arms: costs, redeems: asks, amount: null };
    }
    case "column": {
      const costs = Array.from({ length: arms }, (_, arm) => measuredCost(block, arm));
      if (costs.every((cost) => cost.kind === "certain")) return { arms: costs, redeems: [], amount: null };
      const candidates = tasks.rewards.keys();
      const asks = redeemHeads(block, tasks, heads, rewards, costs, (b, row) => b.cost[row]! > 0, candidates);
      return { arms: costs, redeems: asks, amount: amountHead(heads, costs) };
    }
  }
}

const costOf: Of<number> = (block, row) => block.cost[row]!;

/** An arm whose rows all cost the same, or one that costs something now and then, and how much then. */
function measuredCost(block: Block, arm: number): ArmCost {
  const all = spread(block, costOf, (b, row) => b.arm[row] === arm);
  if (all.constant) return { kind: "certain", minor: all.mean };
  const { mean, constant } = paidBy(block, arm);
  return { kind: "redeemed", send: 0, amount: mean, varies: !constant };
}

function paidBy(block: Block, arm: number): Spread {
  return spread(block, costOf, (b, row) => b.arm[row] === arm && b.cost[row]! > 0);
}

/** Given a reward without which nobody redeems, the question is asked only where that happened. */
function redeemHeads(
  block: Block,
  tasks: Tasks,
  heads: HeadList,
  rewards: readonly RewardRecipe[],
  costs: readonly ArmCost[],
  redeems: Of<boolean>,
  candidates: Iterable<number>,
): number[] {
  const counts: Of<boolean> = (b, row) => costs[b.arm[row]!]?.kind === "redeemed";
  for (const given of candidates) {
    const happened: Of<boolean> = (b, row) => b.rewards[row * tasks.rewards.length + given]! > 0;
    if (!every(block, (b, row) => !counts(b, row) || !redeems(b, row) || happened(b, row))) continue;
    const occurs = must(rewards[given], "the reward that redemption needs").occurs;
    if (every(block, (b, row) => !counts(b, row) || redeems(b, row) === happened(b, row))) return [occurs];
    const asked: Of<boolean> = (b, row) => counts(b, row) && happened(b, row);
    const target: Of<number> = (b, row) => (asked(b, row) ? Number(redeems(b, row)) : NaN);
    return [occurs, heads.logit("redeemed given that", REDEEM_POOLING, target)];
  }
  return [heads.logit("redeemed", 1, (b, row) => (counts(b, row) ? Number(redeems(b, row)) : NaN))];
}

/** Relative to the arm's own mean, for arms whose amounts differ from row to row. */
function amountHead(heads: HeadList, costs: readonly ArmCost[]): number | null {
  const means = costs.map((cost) => (cost.kind === "redeemed" && cost.varies ? cost.amount : null));
  if (means.every((mean) => mean === null)) return null;
  return heads.amount("cost given that", 0, (b, row) => {
    const mean = means[b.arm[row]!] ?? null;
    return mean !== null && b.cost[row]! > 0 ? b.cost[row]! / mean : NaN;
  });
}

interface Spread {
  /** 0 without rows. */
  readonly mean: number;
  readonly constant: boolean;
}

function spread(block: Block, value: Of<number>, counts: Of<boolean>): Spread {
  let rows = 0;
  let sum = 0;
  let square = 0;
  for (let row = 0; row < block.n; row += 1) {
    if (!counts(block, row)) continue;
    rows += 1;
    sum += value(block, row);
    square += value(block, row) ** 2;
  }
  if (rows === 0) return { mean: 0, constant: true };
  const mean = sum / rows;
  return { mean, constant: Math.sqrt(Math.max(0, square / rows - mean ** 2)) <= CONSTANT * Math.abs(mean) };
}

function every(block: Block, holds: Of<boolean>): boolean {
  for (let row = 0; row < block.n; row += 1) if (!holds(block, row)) return false;
  return true;
}

/** Collects heads; a question that was asked already, with the same answers, is not asked twice. */
class HeadList {
  readonly #block: Block;
  readonly #logits: Head[] = [];
  readonly #amounts: Head[] = [];

  constructor(block: Block) {
    this.#block = block;
  }

  logit(name: string, pooling: number, target: Of<number>): number {
    const same = ({ target: other }: Head): boolean =>
      every(this.#block, (b, row) => Object.is(other(b, row), target(b, row)));
    const known = this.#logits.findIndex(same);
    return known >= 0 ? known : this.#logits.push({ name, kind: "logit", pooling, target }) - 1;
  }

  /** Its index counts from the first amount; `finish` moves it behind the log-losses. */
  amount(name: string, pooling: number, target: Of<number>): number {
    // A NaN stays one.
    const bounded: Of<number> = (b, row) => Math.max(SMALLEST_AMOUNT, target(b, row));
    return this.#amounts.push({ name, kind: "amount", pooling, target: bounded }) - 1;
  }

  finish(rewards: readonly RewardRecipe[], cost: CostRecipe): HeadPlan {
    const first = this.#logits.length;
    assert(first > 0, "a network without a question to learn");
    return {
      heads: [...this.#logits, ...this.#amounts],
      rewards: rewards.map((reward) =>
        reward.amount === null ? reward : { ...reward, amount: { ...reward.amount, head: reward.amount.head + first } },
      ),
      cost: cost.amount === null ? cost : { ...cost, amount: cost.amount + first },
    };
  }
}
