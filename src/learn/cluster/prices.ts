// Prices: the shadow prices at which the decision is looked at, and each user's net value of each arm there.

import type { Effects } from "../nouns.ts";
import { bestAt, envelope, fullSpend, SPEND_SHARES, type Envelope } from "../plan/envelope.ts";

/** Where the decision profile looks: the prices at which the predictions spend these shares of what can be spent. */
export const PROFILE_SHARES = [0.05, 0.2, 0.5, 0.8] as const;

/** Where regret is looked at: also where money is no object, or nobody would be told apart by what is best for them. */
const REGRET_SHARES = [...SPEND_SHARES, 1] as const;

export interface Prices {
  readonly profile: readonly number[];
  readonly regret: readonly number[];
}

export function individualEnvelope(effects: Effects, n: number, arms: number): Envelope {
  return envelope({ n, arms, reward: effects.reward, cost: effects.cost, weight: null });
}

export function pricesOf(curve: Envelope): Prices {
  const at = (share: number): number => bestAt(curve, share * fullSpend(curve)).price;
  return { profile: PROFILE_SHARES.map(at), regret: REGRET_SHARES.map(at) };
}

/** R − λC of each row and arm at one price, into `out` [n, arms]. */
export function netValues(effects: Effects, price: number, out: Float32Array): Float32Array {
  for (let cell = 0; cell < out.length; cell += 1) out[cell] = effects.reward[cell]! - price * effects.cost[cell]!;
  return out;
}
