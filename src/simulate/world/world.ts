// World
// A synthetic market with a known truth: users with twenty attributes, eight coupons in rising order, and for each user
// and coupon the true probability of an order, of a redemption, and the true cost. Everything here is invented, and
// every report that rests on it says so.
//
// Invariants:
//   W1. The same seed gives the same users, logs and outcomes on every machine.
//   W2. What a user does is a function of the user, the arm and the session's luck: under another arm the same session has
//       the same luck, so that policies can be compared without noise of their own.
//   W3. A user's attributes are exactly what a log or a session carries: nothing is rounded on one side only.

import type { Attributes } from "../../domain/session/features.ts";
import { seededRandom, type Random } from "../../domain/random.ts";
import { drawPerson, type Person } from "./person.ts";

export interface WorldArm {
  readonly id: string;
  readonly faceMinor: number;
  readonly sendMinor: number;
}

/** What counts as reward: an order (1), or its basket in minor units. */
export type WorldReward = "orders" | "basket";

export interface WorldUser {
  readonly attributes: Attributes;
  readonly truth: UserTruth;
}

/** Of one user, by arm. */
export interface UserTruth {
  readonly order: Float64Array;
  /** Given an order. */
  readonly redeem: Float64Array;
  /** Expected reward and cost (minor units) of one session. */
  readonly reward: Float64Array;
  readonly cost: Float64Array;
  /** Median of an order's log-normal basket, minor units; the arm does not change it. */
  readonly basketMinor: number;
}

/** The truth of many users, row-major: [n, arms]. */
export interface Truth {
  readonly n: number;
  readonly arms: number;
  readonly reward: Float64Array;
  readonly cost: Float64Array;
}

/** The luck of one session: all that is random in what it will do, whichever arm it gets. */
export interface Luck {
  readonly order: number;
  readonly redeem: number;
  readonly basket: number;
}

/** What a session did under its arm. */
export interface WorldOutcome {
  readonly ordered: boolean;
  readonly redeemed: boolean;
  readonly basketMinor: number;
}

export interface World {
  readonly currency: "EUR";
  readonly arms: readonly WorldArm[];
  readonly reward: WorldReward;
  /** Reward weights of a campaign in this world. */
  readonly rewardWeights: Readonly<Record<string, number>>;
  /** Endless users of a named population: the same name, the same users. */
  users(population: string): Generator<WorldUser, never>;
  /** What a user does under an arm with this luck. */
  outcome(user: WorldUser, arm: number, luck: Luck): WorldOutcome;
}

const FACES = [0, 100, 200, 300, 400, 600, 800, 1000] as const;

/** Spread of an order's basket, of its logarithm. */
export const BASKET_SIGMA = 0.5;

export interface WorldOptions {
  readonly seed: number;
  readonly reward?: WorldReward;
}

export function createWorld(options: WorldOptions): World {
  const reward = options.reward ?? "orders";
  const root = seededRandom(`world/${options.seed}`);
  const arms = FACES.map((faceMinor) => ({
    id: faceMinor === 0 ? "none" : `coupon-${faceMinor / 100}`,
    faceMinor,
    sendMinor: 0,
  }));
  return {
    currency: "EUR",
    arms,
    reward,
    rewardWeights: reward === "orders" ? { ordered: 1 } : { basket: 1 },
    *users(population) {
      const random = root.fork(population);
      for (;;) yield userOf(drawPerson(random), arms, reward);
    },
    outcome,
  };
}

export function drawLuck(random: Random): Luck {
  return { order: random.unit(), redeem: random.unit(), basket: random.normal() };
}

/** The first `n` users of a population and their truth as two matrices. */
export function population(world: World, name: string, n: number): { users: WorldUser[]; truth: Truth } {
  const users: WorldUser[] = [];
  for (const user of world.users(name)) {
    users.push(user);
    if (users.length >= n) break;
  }
  return { users: users.slice(0, n), truth: truthOfUsers(users.slice(0, n), world.arms.length) };
}

export function truthOfUsers(users: readonly WorldUser[], arms: number): Truth {
  const reward = new Float64Array(users.length * arms);
  const cost = new Float64Array(users.length * arms);
  users.forEach((user, row) => {
    reward.set(user.truth.reward, row * arms);
    cost.set(user.truth.cost, row * arms);
  });
  return { n: users.length, arms, reward, cost };
}

function userOf(person: Person, arms: readonly WorldArm[], reward: WorldReward): WorldUser {
  const order = new Float64Array(arms.length);
  const redeem = new Float64Array(arms.length);
  const expectedReward = new Float64Array(arms.length);
  const cost = new Float64Array(arms.length);
  const basketMean = person.basketMinor * Math.exp((BASKET_SIGMA * BASKET_SIGMA) / 2);
  arms.forEach(({ faceMinor, sendMinor }, arm) => {
    const lift = (person.strength * faceMinor) / (faceMinor + person.halfPointMinor);
    const ordered = sigmoid(person.logit + lift);
    const redeemed = faceMinor === 0 ? 0 : sigmoid(person.redemption + 0.9 * Math.log(faceMinor / 300));
    order[arm] = ordered;
    redeem[arm] = redeemed;
    expectedReward[arm] = reward === "orders" ? ordered : ordered * basketMean;
    cost[arm] = sendMinor + ordered * redeemed * faceMinor;
  });
  return {
    attributes: person.attributes,
    truth: { order, redeem, reward: expectedReward, cost, basketMinor: person.basketMinor },
  };
}

function outcome(user: WorldUser, arm: number, luck: Luck): WorldOutcome {
  const ordered = luck.order < user.truth.order[arm]!;
  if (!ordered) return { ordered: false, redeemed: false, basketMinor: 0 };
  return {
    ordered,
    redeemed: luck.redeem < user.truth.redeem[arm]!,
    basketMinor: Math.round(user.truth.basketMinor * Math.exp(BASKET_SIGMA * luck.basket)),
  };
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
