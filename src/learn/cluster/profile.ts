// Decision profile
// A user as the allocation sees them: at a few shadow prices λ, the softmax over arms of (R − λC) / s, where s is the
// median gap between a user's best and second-best arm at that price. Users with like profiles get like incentives at any
// budget; who buys anyway and who never does look the same.

import { seededRandom } from "../../domain/random.ts";
import type { Effects } from "../nouns.ts";
import { netValues } from "./prices.ts";

/** Users at most on which the scale is measured. */
const SCALE_ROWS = 20_000;

export interface ProfileSpace {
  readonly width: number;
  /** [n, width] */
  project(effects: Effects, n: number): Float32Array;
}

/** The scales are measured once, on the rows given here; whoever comes later is seen in the same space. */
export function profileSpace(effects: Effects, n: number, arms: number, prices: readonly number[]): ProfileSpace {
  const net = new Float32Array(n * arms);
  const scales = prices.map((price) => medianGap(netValues(effects, price, net), n, arms));
  const width = prices.length * arms;
  return {
    width,
    project: (rows, count) => {
      const out = new Float32Array(count * width);
      const values = new Float32Array(count * arms);
      prices.forEach((price, at) => {
        netValues(rows, price, values);
        for (let row = 0; row < count; row += 1)
          softmaxInto(values, row * arms, arms, scales[at]!, out, row * width + at * arms);
      });
      return out;
    },
  };
}

function medianGap(net: Float32Array, n: number, arms: number): number {
  const rows = Math.min(n, SCALE_ROWS);
  const random = seededRandom("profile scale");
  const gaps = new Float64Array(rows);
  for (let at = 0; at < rows; at += 1) {
    const row = rows === n ? at : random.below(n);
    let best = -Infinity;
    let second = -Infinity;
    for (let arm = 0; arm < arms; arm += 1) {
      const value = net[row * arms + arm]!;
      if (value > best) {
        second = best;
        best = value;
      } else if (value > second) second = value;
    }
    gaps[at] = best - second;
  }
  gaps.sort();
  const median = gaps[rows >> 1]!;
  return median > 0 ? median : gaps.reduce((sum, gap) => sum + gap, 0) / rows || 1;
}

function softmaxInto(
  values: Float32Array,
  from: number,
  arms: number,
  scale: number,
  out: Float32Array,
  to: number,
): void {
  let best = -Infinity;
  for (let arm = 0; arm < arms; arm += 1) best = Math.max(best, values[from + arm]!);
  let sum = 0;
  for (let arm = 0; arm < arms; arm += 1) {
    const weight = Math.exp((values[from + arm]! - best) / scale);
    out[to + arm] = weight;
    sum += weight;
  }
  for (let arm = 0; arm < arms; arm += 1) out[to + arm]! /= sum;
}
