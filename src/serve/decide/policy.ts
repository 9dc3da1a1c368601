// Policy: with which probability a session of a cluster gets each arm, exactly, and the draw that makes it so. The draws
// are by the session's chances (chance.ts), so that the same session draws the same, and every probability is known.
//
//   P1. Propensities are those of the draw as it is made: e × uniform + (1 − e) × the plan's share, where the throttle
//       turns its share of incentives into control; e is 0 while the exploration account cannot pay for every arm.
//   P2. They sum to 1. What happens after the draw (the account refuses) does not change them.

import { packDoubles } from "../state/user/packed.ts";
import type { Chances } from "./chance.ts";

export interface Policy {
  /** The plan's, by arm. */
  readonly shares: readonly number[];
  readonly propensities: readonly number[];
  /** The same, as doubles. */
  readonly packed: Uint8Array;
}

export interface Draw {
  readonly explored: boolean;
  readonly arm: number;
  /** The draw was an incentive, and the throttle let it not through. */
  readonly throttled: boolean;
}

export function policyOf(shares: readonly number[], exploration: number, throttle: number): Policy {
  const uniform = exploration / shares.length;
  const control = shares[0] ?? 0;
  const propensities = shares.map((share, arm) => {
    const planned = arm === 0 ? control + (1 - throttle) * (1 - control) : share * throttle;
    return uniform + (1 - exploration) * planned;
  });
  return { shares, propensities, packed: packDoubles(propensities) };
}

/** By the chances of the session. */
export function draw(chances: Chances, policy: Policy, exploration: number, throttle: number): Draw {
  const { shares } = policy;
  const [explores, exploredArm, plannedArm, passes] = chances;
  if (explores < exploration) return { explored: true, arm: Math.floor(exploredArm * shares.length), throttled: false };
  const arm = armAt(shares, plannedArm);
  const throttled = arm !== 0 && passes >= throttle;
  return { explored: false, arm: throttled ? 0 : arm, throttled };
}

/** The arm whose share the number falls into; rounding never gives an arm without a share. */
function armAt(shares: readonly number[], unit: number): number {
  let below = 0;
  let last = 0;
  for (let arm = 0; arm < shares.length; arm += 1) {
    const share = shares[arm] ?? 0;
    if (share <= 0) continue;
    below += share;
    last = arm;
    if (unit < below) return arm;
  }
  return last;
}
