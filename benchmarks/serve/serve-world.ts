// The world of the serve benchmark: a release of the size that training makes (20 features, a 64-64 student, 50 clusters,
// 8 arms, 20 plans), with weights drawn by a seed, its campaign, and what users send. Nothing here is timed.

import { must } from "../../src/domain/assert.ts";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import { canonicalJson, sha256Hex } from "../../src/domain/canonical.ts";
import type { Decision } from "../../src/domain/decision/decision.ts";
import type { Grant } from "../../src/domain/campaign/control.ts";
import { rowWidth, type Attributes, type Feature } from "../../src/domain/session/features.ts";
import { seededRandom, type Random } from "../../src/domain/random.ts";
import { parseRelease, type Release, type ReleaseManifest } from "../../src/domain/release/release.ts";
import type { Outcome, Profile, Session } from "../../src/domain/session/session.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { OutRecord } from "../../src/log/event-log.ts";
import { encodeOnnx } from "../../src/learn/distil/onnx.ts";

const CLUSTERS = 50;
const STEPS = 20;
const PLANS = 20;
const LAYERS = [64, 64, CLUSTERS];
export const CAMPAIGN = "bench";

const ARMS: Campaign["arms"] = Array.from({ length: 8 }, (_, arm) => ({
  id: `coupon-${arm}`,
  faceMinor: BigInt(arm * 100),
  sendMinor: arm === 0 ? 0n : 1n,
}));

const CHANNELS = ["app", "web", "mail", "shop"];
const SESSION_FEATURES: readonly Feature[] = [
  ...["price_rank", "basket", "pages", "minutes", "hour", "discount_seen"].map(numeric),
  { name: "channel", kind: "categorical", categories: CHANNELS, default: "app" },
  { name: "new_device", kind: "boolean", default: false },
];
const PROFILE_FEATURES: readonly Feature[] = [
  ...["age_days", "orders_year", "spend_year", "returns_year"].map(numeric),
  { name: "tier", kind: "categorical", categories: ["none", "silver", "gold"], default: "none" },
  { name: "newsletter", kind: "boolean", default: false },
];
const AGGREGATES: readonly Feature[] = [
  "sessions_7d",
  "orders_30d",
  "incentives_30d",
  "reward_30d",
  "days_since_last_session",
  "sessions_decayed",
].map(numeric);

function numeric(name: string): Feature {
  return { name, kind: "numeric", default: 0 };
}

export function benchRelease(): Release {
  const random = seededRandom("bench release");
  const spec = { features: [...SESSION_FEATURES, ...PROFILE_FEATURES, ...AGGREGATES] };
  const classifier = student(random, rowWidth(spec));
  const table = (value: (cluster: number, arm: number) => number): number[][] =>
    Array.from({ length: CLUSTERS }, (_, cluster) => ARMS.map((_arm, arm) => value(cluster, arm)));
  const manifest: ReleaseManifest = {
    format: 1,
    features: spec,
    arms: ARMS.map((arm) => arm.id),
    clusters: CLUSTERS,
    classifier: sha256Hex(classifier),
    frontier: { steps: STEPS, rows: Array.from({ length: PLANS + 1 }, (_, row) => plan(random, row)) },
    values: {
      reward: table((cluster, arm) => 1 + (arm * cluster) / CLUSTERS),
      rewardSe: table(() => 0.1),
      cost: table((_, arm) => arm * 30),
      costSe: table(() => 1),
      redemption: table((_, arm) => (arm === 0 ? 0 : 0.3)),
      mix: Array.from({ length: CLUSTERS }, () => 1 / CLUSTERS),
    },
    certificate: { solver: "drawn", maxGap: 0, gapBound: 0.005, inputHash: "0", scenarios: 1, risk: 0 },
    summary: { made: "for the serve benchmark" },
  };
  return parseRelease(canonicalJson(manifest), classifier, null, "bench release");
}

function student(random: Random, width: number): Uint8Array {
  const weights: Float32Array[] = [];
  const shapes: number[][] = [];
  let inputs = width;
  for (const outputs of LAYERS) {
    weights.push(Float32Array.from({ length: inputs * outputs }, () => random.normal() / Math.sqrt(inputs)));
    weights.push(Float32Array.from({ length: outputs }, () => random.normal()));
    shapes.push([inputs, outputs], [outputs]);
    inputs = outputs;
  }
  const scaling = { mean: new Float32Array(width), inverse: new Float32Array(width).fill(1) };
  return encodeOnnx(scaling, weights, shapes);
}

/** The later the plan, the more gets an incentive: none in the first, three in four in the last. */
function plan(random: Random, row: number): ReleaseManifest["frontier"]["rows"][number] {
  const shares = Array.from({ length: CLUSTERS }, () => {
    const given = Math.round((STEPS * 0.75 * row) / PLANS);
    const arm = 1 + random.below(ARMS.length - 1);
    return ARMS.map((_, index) => (index === 0 ? STEPS - given : index === arm ? given : 0));
  });
  const budgetPerSession = row * 10;
  return { budgetPerSession, shares, expectedReward: row, expectedCost: row * 10, shadowPrice: 0.02 };
}

export function benchGrant(release: string, shard: number, nowMs: number): Grant {
  const DAY_MS = 86_400_000;
  return {
    campaign: {
      id: CAMPAIGN,
      currency: "EUR",
      budgetMinor: 10n ** 12n,
      explorationBudgetMinor: 10n ** 11n,
      startMs: nowMs - DAY_MS,
      endMs: nowMs + DAY_MS,
      arms: ARMS,
      holdoutShare: 0.05,
      explorationShare: 0.05,
      caps: [{ max: 10, windowMs: 7 * DAY_MS }],
      reservation: { policy: "strict", ttlMs: DAY_MS },
      pacing: { mode: "asap", expectedSessions: 1_000_000 },
      priority: 0,
      surfaces: [],
      rewardWeights: { converted: 1 },
    },
    shard,
    secret: Buffer.alloc(32),
    atMs: nowMs,
    state: "live",
    revision: 1,
    release,
    planRow: PLANS / 2 + 0.5,
    shadowPrice: 0.02,
    throttle: 1,
    grantedMinor: { plan: 10n ** 10n, exploration: 10n ** 10n },
    returnTargetMinor: { plan: 0n, exploration: 0n },
    ungrantedMinor: { plan: 0n, exploration: 0n },
  };
}

export function benchSession(random: Random, number: number, user: number, atMs: number): Session {
  return {
    sessionId: `s-${number.toString(36).padStart(12, "0")}`,
    userId: userName(user),
    atMs,
    surface: "home",
    campaign: CAMPAIGN,
    attributes: drawn(random, SESSION_FEATURES),
  };
}

export function benchProfile(random: Random, user: number, atMs: number): Profile {
  return { userId: userName(user), atMs, attributes: drawn(random, PROFILE_FEATURES) };
}

function userName(user: number): string {
  return `user-${user.toString(36).padStart(8, "0")}`;
}

function drawn(random: Random, features: readonly Feature[]): Attributes {
  const attributes: Record<string, number | string | boolean> = {};
  for (const feature of features)
    attributes[feature.name] =
      feature.kind === "numeric"
        ? Math.round(random.normal() * 1_000) / 1_000
        : feature.kind === "boolean"
          ? random.unit() < 0.5
          : must(feature.categories[random.below(feature.categories.length)], "a category");
  return attributes;
}

const REDEEMED = 0.2;
const CONVERTED = 0.1;

/** What a user does with a decision, as a record; null: nothing. Of the incentives some are redeemed, and some users convert. */
export function benchOutcome(
  random: Random,
  { decisionId, reservationId, userId }: Decision,
  atMs: number,
  rewards: Outcome["rewards"],
): OutRecord | null {
  const unit = random.unit();
  const kind = reservationId !== null && unit < REDEEMED ? "redeemed" : unit < CONVERTED ? "converted" : null;
  if (kind === null) return null;
  const outcome: Outcome = { outcomeId: `o-${decisionId}`, decisionId, userId, atMs, kind, amountMinor: null, rewards };
  return { topic: "outcomes", key: Buffer.from(userId), value: codecFor("outcomes").encode(outcome) };
}
