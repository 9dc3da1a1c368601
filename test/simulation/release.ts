// Releases for simulated days: real ones by their form (hashed, parsed and checked like any), but with a classifier that
// is a pair of thresholds, written as JSON in the place of the ONNX bytes. The classifier is a port of the release cache,
// so that a day can be played thousands of times faster than inference would let it; nothing else is simpler than it is.

import { canonicalJson, sha256Hex } from "../../src/domain/canonical.ts";
import type { ReleaseRecord } from "../../src/domain/campaign/control.ts";
import { releaseHash, type Release, type ReleaseManifest } from "../../src/domain/release/release.ts";
import type { ReleaseCacheOptions } from "../../src/serve/classify/release-cache.ts";

export const ARM_IDS = ["none", "small", "large", "huge"] as const;

const STEPS = 20;
/** Rows of the frontier, `[cluster][arm]`: nothing, small for many, larger for those who come often, large for all. */
const SHARES = [
  [
    [20, 0, 0, 0],
    [20, 0, 0, 0],
    [20, 0, 0, 0],
  ],
  [
    [10, 10, 0, 0],
    [5, 15, 0, 0],
    [0, 20, 0, 0],
  ],
  [
    [5, 10, 5, 0],
    [0, 10, 10, 0],
    [0, 0, 10, 10],
  ],
  [
    [0, 0, 20, 0],
    [0, 0, 10, 10],
    [0, 0, 0, 20],
  ],
];
const CLUSTERS = SHARES[0]?.length ?? 0;
/** What an arm costs a session, in minor units, as the plan believes: campaigns have other face values, and so surprises. */
const COSTS = [0, 40, 200, 700];

/** Names differ in everything that a swap can change: thresholds, shares' row budgets, values. */
export function releaseNamed(name: string, thresholds: readonly [number, number]): Release {
  const classifier = Buffer.from(JSON.stringify({ name, thresholds }));
  const table = (of: (cluster: number, arm: number) => number): number[][] =>
    Array.from({ length: CLUSTERS }, (_, cluster) => ARM_IDS.map((_, arm) => of(cluster, arm)));
  const manifest: ReleaseManifest = {
    format: 1,
    features: {
      features: [
        { name: "visits", kind: "numeric", default: 0 },
        { name: "vip", kind: "boolean", default: false },
      ],
    },
    arms: ARM_IDS,
    clusters: CLUSTERS,
    classifier: sha256Hex(classifier),
    frontier: {
      steps: STEPS,
      rows: SHARES.map((shares, row) => ({
        budgetPerSession: row * 150,
        shares,
        expectedReward: row,
        expectedCost: row * 130,
        shadowPrice: 0.02 / (row + 1),
      })),
    },
    values: {
      reward: table((cluster, arm) => arm * (cluster + 1)),
      rewardSe: table(() => 0.1),
      cost: table((_, arm) => COSTS[arm] ?? 0),
      costSe: table(() => 1),
      redemption: table((_, arm) => (arm === 0 ? 0 : 0.4)),
      mix: [0.5, 0.25, 0.25],
    },
    certificate: { solver: "by hand", maxGap: 0, gapBound: 0.005, inputHash: "0", scenarios: 1, risk: 0 },
    summary: { name },
  };
  return { hash: releaseHash(manifest), manifest, classifier };
}

export const RELEASES: readonly Release[] = [
  releaseNamed("first", [2, 5]),
  releaseNamed("second", [3, 4]),
  releaseNamed("third", [1, 8]),
];

export function releaseRecord(campaign: string, release: Release, publishedAtMs: number): ReleaseRecord {
  const { hash, manifest, classifier } = release;
  return { campaign, hash, publishedAtMs, manifest: canonicalJson(manifest), classifier, evidence: "{}" };
}

/** The cache's `load`: reads the thresholds that stand in the place of a model. */
export const loadThresholds: ReleaseCacheOptions["load"] = (release, width) => {
  const { thresholds } = JSON.parse(Buffer.from(release.classifier).toString()) as { thresholds: [number, number] };
  const [few, many] = thresholds;
  return Promise.resolve({
    width,
    clusters: release.manifest.clusters,
    classify(rows, count) {
      const clusters = Int32Array.from({ length: count }, (_, row) => {
        const visits = rows[row * width] ?? 0;
        return visits < few ? 0 : visits < many ? 1 : 2;
      });
      return Promise.resolve({ clusters, probabilities: new Float32Array(count).fill(0.75) });
    },
    close: () => Promise.resolve(),
  });
};
