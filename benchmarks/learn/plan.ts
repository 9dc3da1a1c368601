// Plan benchmark
// The frontier of made-up releases of several sizes: seconds in all and in the slowest row, the largest gap, the chance of
// passing a budget on scenarios that took no part in the choice. Peer in the same run: the greedy envelope, which mixes
// arms freely and knows no risk. The plan is given the same expected spend, so its value is at most the envelope's:
// `kept` is the mean share of it at twelve budgets, with the mixes between rows that serving makes.
//
//   npm run bench:plan -- [--quick] [--json]
//
// Not measured: the estimates that a plan rests on (share.ts), other machines' numbers of cores (HiGHS uses one).

import { availableParallelism } from "node:os";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { expectedAt, positionForBudget } from "../../src/domain/release/frontier.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { bestAt, comparisonBudgets, envelope } from "../../src/learn/plan/envelope.ts";
import { PLAN_OPTIONS, solvePlans, type PlanInput, type Planned } from "../../src/learn/plan/plan.ts";

export interface PlanFigures {
  readonly clusters: number;
  readonly arms: number;
  readonly rows: number;
  readonly seconds: number;
  readonly slowestRowSeconds: number;
  readonly maxGap: number;
  readonly chanceOver: number;
  readonly kept: number;
  readonly envelopeSeconds: number;
}

export interface PlanSize {
  readonly clusters: number;
  readonly arms: number;
}

export const SIZES: readonly PlanSize[] = [
  { clusters: 10, arms: 8 },
  { clusters: 50, arms: 8 },
  { clusters: 100, arms: 8 },
];
export const QUICK: readonly PlanSize[] = [{ clusters: 10, arms: 4 }];

export async function benchmarkPlan(sizes: readonly PlanSize[], seed: number): Promise<PlanFigures[]> {
  const figures: PlanFigures[] = [];
  for (const size of sizes) figures.push(await measureSize(size, seed));
  return figures;
}

async function measureSize({ clusters, arms }: PlanSize, seed: number): Promise<PlanFigures> {
  const input = { ...madeUpValues(clusters, arms, seed), options: PLAN_OPTIONS, seed, progress: () => undefined };
  const startMs = performance.now();
  const planned = await solvePlans(input);
  const seconds = (performance.now() - startMs) / 1000;
  return {
    clusters,
    arms,
    rows: planned.frontier.rows.length,
    seconds,
    slowestRowSeconds: Math.max(...planned.evidence.map((row) => row.seconds)),
    maxGap: planned.certificate.maxGap,
    chanceOver: Math.max(...planned.evidence.map((row) => row.chanceOver)),
    ...againstEnvelope(input, planned),
  };
}

/** What the frontier gains of the envelope's gain, at the same expected spend. */
function againstEnvelope(input: PlanInput, planned: Planned): { kept: number; envelopeSeconds: number } {
  const { values } = input;
  const startMs = performance.now();
  const arms = values.reward[0]?.length ?? 0;
  const choices = { n: values.mix.length, arms, reward: values.reward.flat(), cost: values.cost.flat() };
  const best = envelope({ ...choices, weight: values.mix });
  const envelopeSeconds = (performance.now() - startMs) / 1000;
  const shares = comparisonBudgets(best).map((budget) => {
    const { position } = positionForBudget(planned.frontier, values, values.mix, budget);
    const served = expectedAt(planned.frontier, values, values.mix, position);
    return (served.reward - best.controlReward) / (bestAt(best, served.cost).reward - best.controlReward);
  });
  return { kept: shares.reduce((sum, share) => sum + share, 0) / shares.length, envelopeSeconds };
}

const FACES = [0, 100, 200, 300, 400, 600, 800, 1000];

/**
 * Clusters that order more the larger the coupon, each with a ceiling and a half point of its own; errors as a log of
 * 100,000 rows has them.
 */
export function madeUpValues(
  clusters: number,
  arms: number,
  seed: number,
): Pick<PlanInput, "values" | "armCostSe" | "armRewardSe" | "sessions"> {
  const random = seededRandom(seed).fork("made-up values");
  const faces = FACES.slice(0, arms);
  const weights = Array.from({ length: clusters }, () => random.unit() + 0.05);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const people = weights.map(() => ({
    base: 0.05 + 0.1 * random.unit(),
    strength: 0.08 * random.unit(),
    half: 1 + 6 * random.unit(),
    redeems: 0.3 + 0.6 * random.unit(),
  }));
  const orders = people.map(({ base, strength, half }) =>
    faces.map((face) => base + (strength * face) / (face + 100 * half)),
  );
  const reward = orders.map((row) => row.map((order) => 4000 * order * (1 + 0.003 * random.normal())));
  const redemption = orders.map((row, cluster) => row.map((order) => order * (people[cluster]?.redeems ?? 0)));
  const cost = redemption.map((row) => row.map((rate, arm) => rate * (faces[arm] ?? 0)));
  return {
    values: {
      reward,
      rewardSe: reward.map((row) => row.map((value) => 0.02 * value)),
      cost,
      costSe: cost.map((row) => row.map((value) => 0.1 * value)),
      redemption,
      mix: weights.map((weight) => weight / total),
    },
    armCostSe: faces.map((face) => 0.004 * face),
    armRewardSe: faces.map(() => 2),
    sessions: 100_000,
  };
}

function print(figures: readonly PlanFigures[]): void {
  const cell = (text: string): string => text.padStart(14);
  const heads = ["rows", "seconds", "slowest row", "largest gap", "chance over", "kept", "envelope ms"];
  console.log("clusters × arms".padEnd(16) + heads.map(cell).join(""));
  for (const row of figures) {
    const cells = [
      String(row.rows),
      row.seconds.toFixed(2),
      row.slowestRowSeconds.toFixed(2),
      `${(row.maxGap * 100).toFixed(2)} %`,
      `${(row.chanceOver * 100).toFixed(1)} %`,
      `${(row.kept * 100).toFixed(2)} %`,
      (row.envelopeSeconds * 1000).toFixed(1),
    ];
    console.log(`${row.clusters} × ${row.arms}`.padEnd(16) + cells.map(cell).join(""));
  }
}

await runScript(
  import.meta.url,
  { name: "bench:plan", summary: "the frontier of made-up releases, against the greedy envelope", options: USUAL },
  async ({ quick, json }) => {
    const figures = await benchmarkPlan(quick ? QUICK : SIZES, 1);
    if (json)
      console.log(
        JSON.stringify({ node: process.version, cores: availableParallelism(), options: PLAN_OPTIONS, figures }),
      );
    else print(figures);
  },
);
