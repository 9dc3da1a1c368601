// Logging policy
// With which probability a session of a cluster gets each arm, exactly, and the draw that makes it so. The draws are by the
// session's chances (chance.ts), so that the same session draws the same, and every probability is known.
//
// Invariants:
//   P1. Propensities are those of the draw as it is made: e × uniform + (1 − e) × the plan's share, where the throttle turns
//       its share of incentives into control; e is 0 while the exploration account cannot pay for every arm.
//   P2. They sum to 1. What happens after the draw (the account refuses) does not change them.

import { itemAt } from "../../domain/assert.ts";
import { sharesAt } from "../../domain/release/frontier.ts";
import type { ReadyRelease } from "../classify/release-cache.ts";
import type { CampaignShard } from "../state/campaign/campaign-shard.ts";
import { packDoubles } from "../state/user/packed.ts";
import type { Chances } from "./chance.ts";

export interface LoggingPolicy {
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

export function loggingPolicyOf(shares: readonly number[], exploration: number, throttle: number): LoggingPolicy {
  const uniform = exploration / shares.length;
  const control = itemAt(shares, 0);
  const propensities = shares.map((share, arm) => {
    const planned = arm === 0 ? control + (1 - throttle) * (1 - control) : share * throttle;
    return uniform + (1 - exploration) * planned;
  });
  return { shares, propensities, packed: packDoubles(propensities) };
}

/** By the chances of the session. */
export function draw(chances: Chances, policy: LoggingPolicy, exploration: number, throttle: number): Draw {
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
    const share = itemAt(shares, arm);
    if (share <= 0) continue;
    below += share;
    last = arm;
    if (unit < below) return arm;
  }
  return last;
}

/** The policies of a cycle, each worked out once: they change only with a grant, or when the exploration account runs dry. */
export class PolicyCache {
  readonly #known = new Map<CampaignShard, Map<number, LoggingPolicy>>();

  of(shard: CampaignShard, release: ReadyRelease, cluster: number, exploration: number): LoggingPolicy {
    let known = this.#known.get(shard);
    if (known === undefined) {
      known = new Map();
      this.#known.set(shard, known);
    }
    const key = exploration > 0 ? cluster : -1 - cluster;
    let policy = known.get(key);
    if (policy === undefined) {
      const shares = sharesAt(release.manifest.frontier, shard.inForce.planRow, cluster);
      policy = loggingPolicyOf(shares, exploration, shard.inForce.settings.grant.throttle);
      known.set(key, policy);
    }
    return policy;
  }
}
