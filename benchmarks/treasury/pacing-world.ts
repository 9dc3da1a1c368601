// The days on which benchmarks/treasury/pacing.ts paces campaigns: traffic of several shapes, a market of a few clusters whose
// redemptions are not quite what the release says, budgets from scarce to ample. Everything follows from the seed, and a
// session is the same whoever paces it.

import { parseCampaign, type Campaign } from "../../src/domain/campaign/campaign.ts";
import { canonicalJson, sha256Hex } from "../../src/domain/canonical.ts";
import { expectedAt } from "../../src/domain/release/frontier.ts";
import { seededRandom, type Random } from "../../src/domain/random.ts";
import {
  releaseHash,
  type ClusterValues,
  type PlanRow,
  type ReleaseManifest,
} from "../../src/domain/release/release.ts";

export const STEP_MS = 60_000;
export const DAY_MS = 86_400_000;
export const STEPS = DAY_MS / STEP_MS;
export const SHARDS = 8;

export const SHAPES = ["flat", "double peak", "flash", "forecast wrong", "ends early, foreseen", "ends early"] as const;
export type Shape = (typeof SHAPES)[number];

export interface Coming {
  readonly id: string;
  readonly shard: number;
  readonly cluster: number;
  /** Redeems when below the arm's true redemption. */
  readonly redeems: number;
  /** When, as a share of the hold's life. */
  readonly after: number;
}

export interface Day {
  readonly name: string;
  readonly shape: Shape;
  /** Of what the dearest plan would really spend on the day's sessions. */
  readonly budgetShare: number;
  readonly campaign: Campaign;
  readonly release: { readonly hash: string; readonly manifest: ReleaseManifest; readonly json: string };
  /** Redemption as it is, by cluster and arm. */
  readonly truth: readonly (readonly number[])[];
  /** Sessions by step, a Poisson draw. */
  readonly arrivals: readonly number[];
  readonly mix: readonly number[];
  readonly seed: string;
}

const CLUSTERS = 8;
const FACES = [0, 200, 500, 1_000];
const PLAN_ROWS = 20;
const PLAN_STEPS = 20;

/** `holdMs`: how long holds live; otherwise five minutes to half an hour. */
export function makeDay(seed: number, shape: Shape, sessions: number, holdMs?: number): Day {
  const name = `${shape} ${seed}`;
  const random = seededRandom(`pacing-day/${seed}/${shape}`);
  const manifest = makeRelease(random, name);
  // What the release says of redemptions is off, together and each by itself; and other clusters come than it was trained on.
  const together = Math.exp(0.12 * random.normal());
  const truth = manifest.values.redemption.map((arms) =>
    arms.map((redemption) => Math.min(0.95, redemption * together * Math.exp(0.1 * random.normal()))),
  );
  const mix = normalised(manifest.values.mix.map((share) => share * Math.exp(0.3 * random.normal())));
  const weights = weightsOf(shape, random);
  const arrivals = weights.map((weight) => poisson(random, sessions * weight));
  // From a fortieth of what the dearest plan would spend to one and a half times it.
  const budgetShare = 0.025 * 60 ** random.unit();
  const spend = dearestSpend(manifest, truth, mix) * sessions;
  const ratio = shape === "forecast wrong" ? (random.unit() < 0.5 ? 0.5 : 2) : Math.exp(0.08 * random.normal());
  // Half of the campaigns know the day's shape from a log; of a flash or an early end nobody knows.
  const knows = shape === "ends early, foreseen" || (shape === "double peak" && random.unit() < 0.5);
  const campaign = parseCampaign(
    {
      id: "spring",
      currency: "EUR",
      budgetMinor: BigInt(Math.max(4_000, Math.round(spend * budgetShare))),
      explorationBudgetMinor: 0,
      explorationShare: 0,
      holdoutShare: 0,
      startMs: 0,
      endMs: DAY_MS,
      arms: FACES.map((faceMinor, arm) => ({ id: `arm-${arm}`, faceMinor, sendMinor: arm === 0 ? 0 : 2 })),
      reservation: { ttlMs: holdMs ?? Math.round((5 + 25 * random.unit()) * 60_000) },
      pacing: { mode: "even", expectedSessions: sessions * ratio, profile: knows ? byHour(weights) : [] },
    },
    name,
  );
  const json = canonicalJson(manifest);
  return {
    ...{ name, shape, budgetShare, campaign, truth, arrivals, mix },
    release: { hash: releaseHash(manifest), manifest, json },
    seed: `${seed}/${shape}`,
  };
}

/** The same sessions each time it is asked for. */
export function* sessionsOf(day: Day): Generator<readonly Coming[]> {
  const random = seededRandom(`pacing-sessions/${day.seed}`);
  let count = 0;
  for (const arriving of day.arrivals)
    yield Array.from({ length: arriving }, () => {
      count += 1;
      return {
        id: `s${count}`,
        // Users are not alike busy: some shards get more.
        shard: Math.floor(SHARDS * random.unit() ** 1.3),
        cluster: drawn(day.mix, random.unit()),
        redeems: random.unit(),
        after: random.unit() ** 2,
      };
    });
}

/** What all sessions at the dearest plan really cost, each. */
function dearestSpend(manifest: ReleaseManifest, truth: Day["truth"], mix: readonly number[]): number {
  const { frontier, values } = manifest;
  const cost = truth.map((arms) => arms.map((redemption, arm) => costOf(arm, redemption)));
  return expectedAt(frontier, { ...values, cost }, mix, frontier.rows.length - 1).cost;
}

function costOf(arm: number, redemption: number): number {
  return arm === 0 ? 0 : 2 + redemption * (FACES[arm] ?? 0);
}

function weightsOf(shape: Shape, random: Random): number[] {
  const at = (of: (share: number) => number): number[] =>
    normalised(Array.from({ length: STEPS }, (_, step) => of((step + 0.5) / STEPS)));
  const end = 0.6 + 0.3 * random.unit();
  const begin = 0.1 + 0.75 * random.unit();
  const bump = (share: number, middle: number, width: number): number => Math.exp(-(((share - middle) / width) ** 2));
  switch (shape) {
    case "flat":
    case "forecast wrong":
      return at(() => 1);
    case "double peak":
      return at((share) => 0.15 + bump(share, 0.4, 0.09) + 1.3 * bump(share, 0.82, 0.07));
    case "flash":
      // A quarter of an hour at twenty times the rate, more or less.
      return at((share) => (share >= begin && share < begin + 0.01 ? 20 : 1));
    case "ends early, foreseen":
    case "ends early":
      return at((share) => (share < end ? 1 : 0));
  }
}

function byHour(weights: readonly number[]): number[] {
  const hours = Array.from({ length: 24 }, () => 0);
  weights.forEach((weight, step) => {
    const hour = Math.floor((step / STEPS) * 24);
    hours[hour] = (hours[hour] ?? 0) + weight;
  });
  return hours;
}

/** Clusters that answer differently to an incentive, and the frontier over them on a grid of budgets. */
function makeRelease(random: Random, name: string): ReleaseManifest {
  const mix = normalised(Array.from({ length: CLUSTERS }, () => Math.exp(0.5 * random.normal())));
  const redemption = mix.map(() => {
    const likes = 0.25 + 0.5 * random.unit();
    return FACES.map((face) => (face === 0 ? 0 : Math.min(0.95, likes * (0.7 + 0.3 * (face / 1_000)))));
  });
  const reward = mix.map(() => {
    const [base, moved] = [0.05 + 0.2 * random.unit(), 0.3 * random.unit() ** 2];
    return FACES.map((face) => base + moved * (1 - Math.exp(-face / 400)));
  });
  const cost = redemption.map((arms) => arms.map((each, arm) => costOf(arm, each)));
  const none = mix.map(() => FACES.map(() => 0));
  const values: ClusterValues = { reward, rewardSe: none, cost, costSe: none, redemption, mix };
  return {
    format: 1,
    features: { features: [{ name: "visits", kind: "numeric", default: 0 }] },
    arms: FACES.map((_, arm) => `arm-${arm}`),
    clusters: CLUSTERS,
    classifier: sha256Hex(new Uint8Array(0)),
    frontier: { steps: PLAN_STEPS, rows: frontierRows(values) },
    values,
    certificate: { solver: "greedy", maxGap: 0, gapBound: 0, inputHash: "", scenarios: 1, risk: 0 },
    summary: { name },
  };
}

interface Move {
  readonly cluster: number;
  readonly from: number;
  readonly to: number;
  readonly slope: number;
}

/** Step by step along each cluster's concave hull, the steepest first: the relaxation's optimum, in integer steps. */
function frontierRows(values: ClusterValues): PlanRow[] {
  const moves = values.mix.flatMap((_, cluster) => hullOf(values, cluster)).toSorted((a, b) => b.slope - a.slope);
  const single = moves.flatMap((move) => Array.from({ length: PLAN_STEPS }, () => move));
  const shares = values.mix.map(() => FACES.map((_, arm): number => (arm === 0 ? PLAN_STEPS : 0)));
  const path: PlanRow[] = [rowOf(values, shares, moves[0]?.slope ?? 0)];
  for (const { cluster, from, to, slope } of single) {
    const arms = shares[cluster] ?? [];
    arms[from] = (arms[from] ?? 0) - 1;
    arms[to] = (arms[to] ?? 0) + 1;
    path.push(rowOf(values, shares, slope));
  }
  const picked = Array.from({ length: PLAN_ROWS + 1 }, (_, row) => Math.round((row / PLAN_ROWS) * (path.length - 1)));
  return [...new Set(picked)].flatMap((index) => path[index] ?? []);
}

function hullOf({ reward, cost }: ClusterValues, cluster: number): Move[] {
  const [r, c] = [reward[cluster] ?? [], cost[cluster] ?? []];
  const moves: Move[] = [];
  for (let from = 0; from < FACES.length - 1;) {
    const steps = FACES.map((_, to) => ({
      to,
      slope: ((r[to] ?? 0) - (r[from] ?? 0)) / ((c[to] ?? 0) - (c[from] ?? 0)),
    }));
    const best = steps.slice(from + 1).reduce((a, b) => (b.slope > a.slope ? b : a));
    moves.push({ cluster, from, ...best });
    from = best.to;
  }
  return moves;
}

function rowOf(values: ClusterValues, shares: readonly (readonly number[])[], shadowPrice: number): PlanRow {
  const row = {
    budgetPerSession: 0,
    expectedReward: 0,
    expectedCost: 0,
    shadowPrice,
    shares: shares.map((arms) => [...arms]),
  };
  const expected = expectedAt({ steps: PLAN_STEPS, rows: [row] }, values, values.mix, 0);
  return { ...row, budgetPerSession: expected.cost, expectedReward: expected.reward, expectedCost: expected.cost };
}

function drawn(shares: readonly number[], unit: number): number {
  let left = unit;
  const found = shares.findIndex((share) => (left -= share) < 0);
  return found < 0 ? shares.length - 1 : found;
}

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function poisson(random: Random, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let count = 0;
  for (let product = random.unit(), least = Math.exp(-mean); product > least; product *= random.unit()) count += 1;
  return count;
}
