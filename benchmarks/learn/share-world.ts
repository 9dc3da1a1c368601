// A synthetic market for the share benchmark: a randomised log to learn from, and new people whose truth is known.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileRowEncoder, type FeatureSpec } from "../../src/domain/session/features.ts";
import { openDataset } from "../../src/learn/data/dataset.ts";
import { parseMapping } from "../../src/learn/data/mapping/mapping.ts";
import type { Dataset } from "../../src/learn/nouns.ts";
import { envelope, fullSpend, SPEND_SHARES, type Envelope } from "../../src/learn/plan/envelope.ts";
import { createWorld, population, type Truth, type World, type WorldReward } from "../../src/simulate/world/world.ts";
import { mappingText, writeLog } from "../../src/simulate/world/world-log.ts";

/** New people: in no log, drawn after it. */
export interface People {
  readonly n: number;
  /** As the dataset lays features out. */
  readonly x: Float32Array;
  readonly truth: Truth;
  /** The best that the truth allows at any spend per person. */
  readonly best: Envelope;
  /** Per person, minor units: from 3 to 90 % of what can usefully be spent. */
  readonly budgets: readonly number[];
}

export interface WorldInput {
  readonly seed: number;
  readonly reward: WorldReward;
  readonly rows: number;
  readonly people: number;
}

/** Makes the log, opens it, and clears up after `use`. */
export async function withWorld<T>(
  input: WorldInput,
  use: (dataset: Dataset, people: People) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "stipend-share-"));
  const world = createWorld({ seed: input.seed, reward: input.reward });
  try {
    const file = join(folder, "log.csv");
    await writeLog(world, { rows: input.rows, seed: input.seed, file });
    const mapping = parseMapping(mappingText(world), "the synthetic mapping");
    const dataset = await openDataset({ files: [file], mapping, seed: input.seed });
    try {
      return await use(dataset, newPeople(world, dataset.spec, input.people));
    } finally {
      await dataset.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function newPeople(world: World, spec: FeatureSpec, n: number): People {
  const { users, truth } = population(world, "new people", n);
  const encoder = compileRowEncoder(spec);
  const x = new Float32Array(n * encoder.width);
  users.forEach((user, row) => encoder.encode(user.attributes, x, row * encoder.width));
  const best = envelope({ n, arms: truth.arms, reward: truth.reward, cost: truth.cost, weight: null });
  return { n, x, truth, best, budgets: SPEND_SHARES.map((share) => share * fullSpend(best)) };
}
