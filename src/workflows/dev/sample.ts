// Sample
// The campaign and the release that `stipend dev` begins with, written by hand, so that they are there at once and alike on
// every machine: a training takes minutes, and packages that an image which only serves does not have. Its figures are
// invented, as its name says.

import { itemAt } from "../../domain/assert.ts";
import { parseCampaign, type Campaign } from "../../domain/campaign/campaign.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import { releaseHash, type PlanRow, type Release, type ReleaseManifest } from "../../domain/release/release.ts";
import { encodeOnnx } from "../../learn/distil/onnx.ts";

export const SAMPLE_CAMPAIGN = "spring";
const DAY_MS = 86_400_000;
const ARMS = ["none", "coupon-1", "coupon-5"];
const FACES = [0, 100, 500];
const STEPS = 20;

/** Live for a year: half of the sessions are of users that a coupon moves, and the budget is enough for most of them. */
export function sampleCampaign(nowMs: number): Campaign {
  return parseCampaign(
    {
      id: SAMPLE_CAMPAIGN,
      currency: "EUR",
      budgetMinor: 1_000_000,
      explorationBudgetMinor: 50_000,
      startMs: nowMs,
      endMs: nowMs + 365 * DAY_MS,
      arms: ARMS.map((id, arm) => ({ id, faceMinor: FACES[arm] })),
      holdoutShare: 0.1,
      explorationShare: 0.05,
      reservation: { ttlMs: DAY_MS },
      pacing: { mode: "asap", expectedSessions: 10_000 },
      rewardWeights: { ordered: 1 },
    },
    "the sample campaign",
  );
}

/** Orders and redemptions per session by group (few visits, many) and arm. */
const ORDERS = [
  [0.05, 0.055, 0.06],
  [0.05, 0.12, 0.18],
];
const REDEEMED = [
  [0, 0.05, 0.06],
  [0, 0.1, 0.16],
];
const MIX = [0.5, 0.5];
/** Plans by rising budget: nothing; the small coupon, then the large one, for those who visit often; then something for all. */
const SHARES = [
  [
    [STEPS, 0, 0],
    [STEPS, 0, 0],
  ],
  [
    [STEPS, 0, 0],
    [0, STEPS, 0],
  ],
  [
    [STEPS, 0, 0],
    [0, 0, STEPS],
  ],
  [
    [0, STEPS, 0],
    [0, 0, STEPS],
  ],
];

export function sampleRelease(): Release {
  const classifier = encodeOnnx(
    // The second group from three visits on.
    { mean: new Float32Array(2), inverse: new Float32Array(2).fill(1) },
    [Float32Array.of(0, 2, 0, 0), Float32Array.of(5, 0)],
    [[2, 2], [2]],
  );
  const cost = REDEEMED.map((rates) => rates.map((rate, arm) => rate * itemAt(FACES, arm)));
  const manifest: ReleaseManifest = {
    format: 1,
    features: {
      features: [
        { name: "visits", kind: "numeric", default: 0 },
        { name: "member", kind: "boolean", default: false },
      ],
    },
    arms: ARMS,
    clusters: MIX.length,
    classifier: sha256Hex(classifier),
    frontier: { steps: STEPS, rows: rowsOf(cost) },
    values: {
      reward: ORDERS,
      rewardSe: ORDERS.map((rates) => rates.map(() => 0.005)),
      cost,
      costSe: cost.map((costs) => costs.map(() => 1)),
      redemption: REDEEMED,
      mix: MIX,
    },
    certificate: { solver: "by hand", maxGap: 0, gapBound: 0.005, inputHash: "0", scenarios: 1, risk: 0 },
    summary: { name: "sample: invented figures" },
  };
  return { hash: releaseHash(manifest), manifest, classifier };
}

function rowsOf(cost: readonly (readonly number[])[]): PlanRow[] {
  const rows = SHARES.map((shares) => ({
    shares,
    expectedReward: perSession(shares, ORDERS),
    expectedCost: perSession(shares, cost),
  }));
  return rows.map((row, index) => {
    const [from, to] = [itemAt(rows, Math.max(0, index - 1)), itemAt(rows, Math.max(1, index))];
    const more = to.expectedReward - from.expectedReward;
    return {
      ...row,
      budgetPerSession: row.expectedCost,
      shadowPrice: more / (to.expectedCost - from.expectedCost),
    };
  });
}

function perSession(shares: readonly (readonly number[])[], values: readonly (readonly number[])[]): number {
  return shares.reduce(
    (sum, steps, group) =>
      sum +
      itemAt(MIX, group) *
        steps.reduce((all, step, arm) => all + (step / STEPS) * itemAt(itemAt(values, group), arm), 0),
    0,
  );
}
