// Compare releases
// What it changes to serve another release: both classify the same users, both take the plan for the same money, and the
// arms that they would give are laid side by side. In a world with a known truth, the true value of both at that money.

import { compileRowEncoder } from "../../domain/session/features.ts";
import { expectedAt, positionForBudget, sharesAt } from "../../domain/release/frontier.ts";
import type { Release } from "../../domain/release/release.ts";
import { loadClassifier } from "../../serve/classify/onnx.ts";
import { policyValue, shareOfBest } from "../../simulate/world/best.ts";
import type { Market } from "../../simulate/market/market.ts";
import type { Truth } from "../../simulate/world/world.ts";

export interface PlanForUsers {
  readonly position: number;
  readonly expectedReward: number;
  readonly expectedCost: number;
  /** Mean over the users. */
  readonly armShares: readonly number[];
  /** [users, arms] */
  readonly shares: Float32Array;
  /** In a world with a known truth: true incremental reward and cost a session, and the share of the best possible. */
  readonly truth: { readonly reward: number; readonly cost: number; readonly shareOfBest: number | null } | null;
}

/** The release's plan for the money, and what it would give to the users `0 … n − 1` of the market. */
export async function planForUsers(
  release: Release,
  market: Market,
  n: number,
  spendPerSession: number,
): Promise<PlanForUsers> {
  const { manifest } = release;
  const clusters = await clustersOf(release, market, n);
  const mix = new Array<number>(manifest.clusters).fill(0);
  for (const cluster of clusters) mix[cluster]! += 1;
  const { position } = positionForBudget(manifest.frontier, manifest.values, mix, spendPerSession);
  const expected = expectedAt(manifest.frontier, manifest.values, mix, position);
  const arms = manifest.arms.length;
  const shares = new Float32Array(n * arms);
  const armShares = new Array<number>(arms).fill(0);
  clusters.forEach((cluster, user) => {
    sharesAt(manifest.frontier, position, cluster).forEach((share, arm) => {
      shares[user * arms + arm] = share;
      armShares[arm]! += share / n;
    });
  });
  const truth = market.truth === null ? null : trueValue(market.truth, n, shares);
  return { position, expectedReward: expected.reward, expectedCost: expected.cost, armShares, shares, truth };
}

/** Mean over users of what two policies have in common: 1 when they give the same shares to everybody. */
export function agreement(a: Float32Array, b: Float32Array, n: number): number {
  let common = 0;
  a.forEach((share, cell) => (common += Math.min(share, b[cell]!)));
  return common / n;
}

async function clustersOf(release: Release, market: Market, n: number): Promise<Int32Array> {
  const encoder = compileRowEncoder(release.manifest.features);
  const rows = new Float32Array(n * encoder.width);
  for (let user = 0; user < n; user += 1) {
    const { slow, fast } = market.attributes(user);
    encoder.encode({ ...slow, ...fast }, rows, user * encoder.width);
  }
  const classifier = await loadClassifier(release, encoder.width);
  try {
    return (await classifier.classify(rows, n)).clusters;
  } finally {
    await classifier.close();
  }
}

function trueValue(truth: Truth, n: number, shares: Float32Array): PlanForUsers["truth"] {
  const part = {
    n,
    arms: truth.arms,
    reward: truth.reward.subarray(0, n * truth.arms),
    cost: truth.cost.subarray(0, n * truth.arms),
  };
  const value = policyValue(part, shares);
  return {
    reward: value.incrementalReward / n,
    cost: value.spendMinor / n,
    shareOfBest: shareOfBest(part, value),
  };
}
