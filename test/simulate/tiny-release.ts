// A release made by hand for the synthetic world: four groups by two attributes, values from the truth, one plan a price.
// For tests that need something to serve and no training.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../../src/domain/assert.ts";
import { canonicalJson, sha256Hex } from "../../src/domain/canonical.ts";
import { columnNames, compileRowEncoder, rowWidth, type Feature } from "../../src/domain/features.ts";
import { parseRelease, type PlanRow, type Release, type ReleaseManifest } from "../../src/domain/release.ts";
import { encodeOnnx } from "../../src/learn/onnx.ts";
import { CHANNELS, PERSON_FEATURES, REGIONS } from "../../src/simulate/person.ts";
import { population, type World } from "../../src/simulate/world.ts";

const STEPS = 10;
const CLUSTERS = 4;
const USERS = 4_000;
const PRICES = [1, 0.004, 0.002, 0.0014, 0.001, 0.0007, 0.0005, 0.0003, 0.0002, 0.0001, 0];

const FEATURES = Object.entries(PERSON_FEATURES).map(([name, kind]): Feature => {
  switch (kind) {
    case "numeric":
      return { name, kind, default: 0 };
    case "boolean":
      return { name, kind, default: false };
    case "categorical":
      return { name, kind, categories: name === "region" ? REGIONS : CHANNELS, default: "none" };
  }
});

export function tinyRelease(world: World): Release {
  const spec = { features: FEATURES };
  const width = rowWidth(spec);
  const { weights, bias } = fourGroups(columnNames(spec), width);
  const classifier = encodeOnnx(
    { mean: new Float32Array(width), inverse: new Float32Array(width).fill(1) },
    [weights, bias],
    [[width, CLUSTERS], [CLUSTERS]],
  );
  const values = measured(world, (row) => argmax(row, weights, bias, width));
  const manifest: ReleaseManifest = {
    format: 1,
    features: spec,
    arms: world.arms.map((arm) => arm.id),
    clusters: CLUSTERS,
    classifier: sha256Hex(classifier),
    frontier: { steps: STEPS, rows: plans(values) },
    values,
    certificate: { solver: "by hand", maxGap: 0, gapBound: 0.005, inputHash: "0", scenarios: 1, risk: 0.5 },
    summary: { made: "by hand" },
  };
  const json = canonicalJson(manifest);
  return parseRelease(json, classifier, null, "tiny release");
}

/** As a training would write it. */
export async function writeTinyRelease(world: World, folder: string): Promise<Release> {
  const release = tinyRelease(world);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "manifest.json"), canonicalJson(release.manifest));
  await writeFile(join(folder, "classifier.onnx"), release.classifier);
  await writeFile(join(folder, "evidence.json"), "{}");
  return release;
}

/** Thrifty or not, by rank of price; loyal or not, by orders. */
function fourGroups(columns: readonly string[], width: number) {
  const weights = new Float32Array(width * CLUSTERS);
  const price = columns.indexOf("price_rank");
  const orders = columns.indexOf("orders_90d");
  for (let cluster = 0; cluster < CLUSTERS; cluster += 1) {
    weights[price * CLUSTERS + cluster] = cluster % 2 === 0 ? -4 : 4;
    weights[orders * CLUSTERS + cluster] = cluster < 2 ? -2 : 2;
  }
  return { weights, bias: Float32Array.of(2, 2, -2, -2) };
}

function argmax(row: Float32Array, weights: Float32Array, bias: Float32Array, width: number): number {
  const logits = Array.from(bias, (start, cluster) => {
    let sum = start;
    for (let column = 0; column < width; column += 1)
      sum += Math.min(10, Math.max(-10, row[column] ?? 0)) * (weights[column * CLUSTERS + cluster] ?? 0);
    return sum;
  });
  return logits.indexOf(Math.max(...logits));
}

function measured(world: World, clusterOf: (row: Float32Array) => number): ReleaseManifest["values"] {
  const { users } = population(world, "tiny release", USERS);
  const encoder = compileRowEncoder({ features: FEATURES });
  const table = (): number[][] => Array.from({ length: CLUSTERS }, () => world.arms.map(() => 0));
  const [reward, cost, redemption] = [table(), table(), table()];
  const counts = new Array<number>(CLUSTERS).fill(0);
  for (const user of users) {
    const row = new Float32Array(encoder.width);
    encoder.encode(user.attributes, row, 0);
    const cluster = clusterOf(row);
    counts[cluster] = (counts[cluster] ?? 0) + 1;
    world.arms.forEach((_, arm) => {
      const order = must(user.truth.order[arm], "order");
      add(reward, cluster, arm, must(user.truth.reward[arm], "reward"));
      add(cost, cluster, arm, must(user.truth.cost[arm], "cost"));
      add(redemption, cluster, arm, order * must(user.truth.redeem[arm], "redeem"));
    });
  }
  const mean = (rows: number[][]): number[][] =>
    rows.map((row, cluster) => row.map((sum) => sum / Math.max(1, counts[cluster] ?? 0)));
  return {
    reward: mean(reward),
    rewardSe: table().map((row) => row.map(() => 0.005)),
    cost: mean(cost),
    costSe: table().map((row) => row.map(() => 0.5)),
    redemption: mean(redemption),
    mix: counts.map((count) => count / USERS),
  };
}

function add(rows: number[][], cluster: number, arm: number, value: number): void {
  const row = must(rows[cluster], "cluster");
  row[arm] = (row[arm] ?? 0) + value;
}

function plans(values: ReleaseManifest["values"]): PlanRow[] {
  return PRICES.map((price) => {
    const best = values.reward.map((rewards, cluster) => {
      const net = rewards.map((reward, arm) => reward - price * must(values.cost[cluster]?.[arm], "cost"));
      return net.indexOf(Math.max(...net));
    });
    const mean = (rows: readonly (readonly number[])[]): number =>
      best.reduce((sum, arm, cluster) => sum + (values.mix[cluster] ?? 0) * must(rows[cluster]?.[arm], "value"), 0);
    return {
      budgetPerSession: mean(values.cost),
      shares: best.map((arm) => values.reward[0]!.map((_, other) => (other === arm ? STEPS : 0))),
      expectedReward: mean(values.reward),
      expectedCost: mean(values.cost),
      shadowPrice: price,
    };
  });
}
