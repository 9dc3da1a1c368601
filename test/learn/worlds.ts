// Made-up effects for the tests of what comes after the network: users with a strength, arms with a rising face value.

import { seededRandom } from "../../src/domain/random.ts";
import type { Effects } from "../../src/learn/nouns.ts";

export const FACES = [0, 100, 200, 300, 400, 600, 800, 1000];

/** Orders that saturate in the coupon with a user's own strength and half point; reward in minor units. */
export function ladderEffects(n: number, seed: number, faces: readonly number[] = FACES): Effects {
  const random = seededRandom(`ladder ${seed}`);
  const arms = faces.length;
  const effects = {
    reward: new Float32Array(n * arms),
    cost: new Float32Array(n * arms),
    redemption: new Float32Array(n * arms),
  };
  for (let row = 0; row < n; row += 1) {
    const base = 0.02 + 0.2 * random.unit();
    const strength = 0.15 * random.unit() ** 2;
    const half = 80 + 900 * random.unit();
    const basket = 2500 * Math.exp(0.4 * random.normal());
    faces.forEach((face, arm) => {
      const order = base + (strength * face) / (face + half);
      effects.reward[row * arms + arm] = order * basket;
      // Of a cost that is certain the network says 1.
      effects.redemption[row * arms + arm] = face === 0 ? 1 : order * (0.3 + (0.6 * face) / (face + 300));
      effects.cost[row * arms + arm] = face * (effects.redemption[row * arms + arm] ?? 0);
    });
  }
  return effects;
}
