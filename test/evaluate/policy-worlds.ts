// Randomised logs drawn from known means: what the policy measures must find again.

import { seededRandom } from "../../src/domain/random.ts";
import type { LoggedRows, Policy } from "../../src/evaluate/policy/logged.ts";

/** Two kinds of users; the second arm pays with kind 0, the third with kind 1. `[kind][arm]`: chance of a reward of 10. */
export const ORDERS = [
  [0.1, 0.3, 0.15],
  [0.2, 0.2, 0.5],
] as const;
/** Cost of an order under each arm. */
export const COSTS = [0, 100, 300] as const;
/** Of the arms, by kind: the log was not drawn uniformly. */
export const PROPENSITIES = [
  [0.5, 0.3, 0.2],
  [0.2, 0.3, 0.5],
] as const;
export const REWARD = 10;

export interface DrawnLog {
  readonly rows: LoggedRows;
  readonly kind: Uint8Array;
}

export function drawLog(n: number, seed: number | string): DrawnLog {
  const random = seededRandom(`policy world ${seed}`);
  const kind = new Uint8Array(n);
  const [arm, propensity, reward, cost] = [
    new Uint8Array(n),
    new Float64Array(n),
    new Float64Array(n),
    new Float64Array(n),
  ];
  for (let row = 0; row < n; row += 1) {
    const k = random.unit() < 0.4 ? 1 : 0;
    const chances = PROPENSITIES[k];
    const unit = random.unit();
    const a = unit < chances[0] ? 0 : unit < chances[0] + chances[1] ? 1 : 2;
    const ordered = random.unit() < ORDERS[k][a];
    kind[row] = k;
    arm[row] = a;
    propensity[row] = chances[a];
    reward[row] = ordered ? REWARD : 0;
    cost[row] = ordered ? COSTS[a] : 0;
  }
  return { rows: { n, arms: 3, arm, propensity, reward, cost }, kind };
}

/** What a policy by kind brings and costs a row, in truth. */
export function truthOf(shares: readonly (readonly number[])[]): { reward: number; cost: number } {
  let [reward, cost] = [0, 0];
  ORDERS.forEach((orders, kind) =>
    orders.forEach((order, arm) => {
      const weight = (kind === 1 ? 0.4 : 0.6) * (shares[kind]?.[arm] ?? 0);
      reward += weight * order * REWARD;
      cost += weight * order * (COSTS[arm] ?? 0);
    }),
  );
  return { reward, cost };
}

export function byKind(name: string, kind: ArrayLike<number>, shares: readonly (readonly number[])[]): Policy {
  return { name, shares: Float32Array.from(Array.from(kind).flatMap((k) => shares[k] ?? [])) };
}
