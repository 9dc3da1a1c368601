// A release made by hand: two features, two clusters (few visits, many), three arms, four plans. Small enough to know by
// heart what each session must get.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, sha256Hex } from "../../src/domain/canonical.ts";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import type { FeatureSpec } from "../../src/domain/session/features.ts";
import { releaseHash, type Release, type ReleaseManifest } from "../../src/domain/release/release.ts";
import { encodeOnnx } from "../../src/learn/distil/onnx.ts";

export const FEATURES: FeatureSpec = {
  features: [
    { name: "visits", kind: "numeric", default: 0 },
    { name: "vip", kind: "boolean", default: false },
  ],
};

/** Cluster 1 from three visits on. */
function classifier(): Uint8Array {
  const weights = Float32Array.of(0, 2, 0, 0);
  return encodeOnnx(
    { mean: new Float32Array(2), inverse: new Float32Array(2).fill(1) },
    [weights, Float32Array.of(5, 0)],
    [[2, 2], [2]],
  );
}

export const ARMS: Campaign["arms"] = [
  { id: "none", faceMinor: 0n, sendMinor: 0n },
  { id: "small", faceMinor: 100n, sendMinor: 0n },
  { id: "large", faceMinor: 500n, sendMinor: 3n },
];

/** Rows of the frontier: nothing; small for all; large for cluster 1; halves of everything. */
const SHARES = [
  [
    [20, 0, 0],
    [20, 0, 0],
  ],
  [
    [0, 20, 0],
    [0, 20, 0],
  ],
  [
    [0, 20, 0],
    [0, 0, 20],
  ],
  [
    [10, 10, 0],
    [10, 0, 10],
  ],
];

export function tinyRelease(name = "tiny", arms: readonly string[] = ARMS.map((arm) => arm.id)): Release {
  const onnx = classifier();
  const manifest: ReleaseManifest = {
    format: 1,
    features: FEATURES,
    arms,
    clusters: 2,
    classifier: sha256Hex(onnx),
    frontier: {
      steps: 20,
      rows: SHARES.map((shares, row) => ({
        budgetPerSession: row * 100,
        shares: shares.map((cluster) => arms.map((_, arm) => cluster[arm] ?? 0)),
        expectedReward: row,
        expectedCost: row * 50,
        shadowPrice: 0.01,
      })),
    },
    values: {
      reward: [0, 1].map((cluster) => arms.map((_, arm) => 1 + arm * (cluster + 1))),
      rewardSe: [0, 1].map(() => arms.map(() => 0.1)),
      cost: [0, 1].map(() => arms.map((_, arm) => arm * 50)),
      costSe: [0, 1].map(() => arms.map(() => 1)),
      redemption: [0, 1].map(() => arms.map((_, arm) => (arm === 0 ? 0 : 0.5))),
      mix: [0.5, 0.5],
    },
    certificate: { solver: "by hand", maxGap: 0, gapBound: 0.005, inputHash: "0", scenarios: 1, risk: 0 },
    summary: { name },
  };
  return { hash: releaseHash(manifest), manifest, classifier: onnx };
}

export function releaseRecord(campaign: string, release: Release) {
  return {
    campaign,
    hash: release.hash,
    publishedAtMs: 0,
    manifest: canonicalJson(release.manifest),
    classifier: release.classifier,
    evidence: "{}",
  };
}

/** As a training would leave it. */
export async function writeRelease(release: Release, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "manifest.json"), canonicalJson(release.manifest));
  await writeFile(join(folder, "classifier.onnx"), release.classifier);
  await writeFile(join(folder, "evidence.json"), "{}");
}
