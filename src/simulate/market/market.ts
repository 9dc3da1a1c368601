// Market
// Whoever arrives during a simulated day, and what they do under the incentive they got. Two kinds: the synthetic world
// (truth known) and a replay of a real randomised log (truth unknown). The day's driver sees only this.

import type { Attributes } from "../../domain/session/features.ts";
import { must } from "../../domain/assert.ts";
import { population, type Luck, type Truth, type World } from "../world/world.ts";

export interface MarketOutcome {
  /** By the names of the campaign's reward weights; only what is not 0. */
  readonly rewards: Readonly<Record<string, number>>;
  /** Null: not redeemed. Otherwise the amount, minor units; `whole` is the arm's face value. */
  readonly redeemedMinor: number | "whole" | null;
}

export interface MarketArm {
  readonly id: string;
  readonly faceMinor: number;
  readonly sendMinor: number;
}

export interface Market {
  /** For every report: what this is, in one sentence, so that nobody takes it for more. */
  readonly label: string;
  readonly synthetic: boolean;
  readonly currency: string;
  readonly arms: readonly MarketArm[];
  readonly rewardWeights: Readonly<Record<string, number>>;
  readonly users: number;
  /** What a profile tells of the user, and what each session tells. */
  attributes(user: number): { readonly slow: Attributes; readonly fast: Attributes };
  /** What this session of the user does under the arm, with this luck. */
  outcome(user: number, arm: number, luck: Luck): MarketOutcome;
  /** Expected reward and cost of each user under each arm; null where only a log is known. */
  readonly truth: Truth | null;
}

export function syntheticMarket(world: World, name: string, users: number): Market {
  const drawn = population(world, name, users);
  return {
    label: "Synthetic: users, outcomes and the randomised log are invented by a seeded program whose truth is known.",
    synthetic: true,
    currency: world.currency,
    arms: world.arms,
    rewardWeights: world.rewardWeights,
    users,
    attributes: (user) => halves(must(drawn.users[user], `user ${user}`).attributes),
    outcome(user, arm, luck) {
      const { ordered, redeemed, basketMinor } = world.outcome(must(drawn.users[user], `user ${user}`), arm, luck);
      return {
        rewards: ordered ? { ordered: 1, basket: basketMinor } : {},
        redeemedMinor: redeemed ? "whole" : null,
      };
    },
    truth: drawn.truth,
  };
}

/** What a shop knows of its users beforehand; the rest comes with the session. */
const SLOW: ReadonlySet<string> = new Set([
  "age",
  "tenure_months",
  "orders_90d",
  "spend_90d",
  "coupons_used_90d",
  "coupons_seen_90d",
  "subscriber",
  "push_enabled",
  "returned_goods",
  "region",
]);

function halves(attributes: Attributes): { slow: Attributes; fast: Attributes } {
  const entries = Object.entries(attributes);
  return {
    slow: Object.fromEntries(entries.filter(([name]) => SLOW.has(name))),
    fast: Object.fromEntries(entries.filter(([name]) => !SLOW.has(name))),
  };
}
