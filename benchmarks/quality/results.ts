// Results
// What the benchmark knows, as it is kept in results.json: one figure set for each market, rows, noise, seed and method, and
// one for each real experiment and method.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { InvalidInput } from "../../src/domain/campaign/campaign.ts";
import { errorMessage } from "../../src/domain/error-message.ts";
import type { ExperimentResult } from "./experiments/judge.ts";
import type { Figures } from "./scorer.ts";

/** On a market whose truth is known. */
export interface Result extends Figures {
  readonly world: string;
  readonly rows: number;
  readonly people: number;
  readonly noise: number;
  readonly seed: number;
  readonly method: string;
  /** Of the processor, to learn and to predict; for ours both figures are of one training. */
  readonly seconds: number;
  /** Of ours: what computed, and which state of src/learn. */
  readonly learner?: string;
}

export interface Results {
  readonly versions: string;
  readonly results: readonly Result[];
  readonly experiments: readonly ExperimentResult[];
}

/** In the order of the tables. */
export const METHODS: Readonly<Record<string, string>> = {
  ours: "ours as served",
  individual: "ours, user by user",
  reference: "the reference: one network by itself (own, JAX)",
  mark: "the mark: S-learner in two parts, tuned (LightGBM)",
  s: "S-learner (causalml on LightGBM)",
  t: "T-learner (causalml on LightGBM)",
  x: "X-learner (causalml on LightGBM)",
  forest: "causal forest (EconML)",
  tarnet: "TARNet (own, JAX)",
  dragonnet: "DragonNet (own, JAX)",
  dfcl: "decision-focused, policy loss (own, JAX)",
};

/** The other methods; the reference is what our own network is held to. */
export const PEERS = Object.keys(METHODS).filter((method) => !["ours", "individual", "reference"].includes(method));

/** Methods that stand on how the markets' costs come about. */
export const MARKETS_ONLY: ReadonlySet<string> = new Set(["reference"]);

/** Whose predicted costs are scores that rank, and need not be amounts of money. */
export const SCORES_ONLY: ReadonlySet<string> = new Set(["dfcl"]);

export const WORLDS: Readonly<Record<string, string>> = {
  A: "eight ordered coupons, smooth effects of numbers",
  a: "the same with fewer rows and heavier baskets",
  B: "six nominal arms, rare orders, effects in pairs of categories",
  b: "the same with fewer rows",
  C: "five percentage discounts, effects in products and signs of numbers",
  D: "the cheapest of five arms is best for many, some are put off by every arm",
};

/** Rows that each has unless others are asked for (peers/worlds.py). */
export const OWN_ROWS: Readonly<Record<string, number>> = {
  A: 100_000,
  a: 30_000,
  B: 100_000,
  b: 30_000,
  C: 60_000,
  D: 60_000,
};

/** Those of nobody where there is no file; throws InvalidInput where it is none of ours. */
export async function readResults(file: string): Promise<Results> {
  const none = { versions: "", results: [], experiments: [] };
  if (!existsSync(file)) return none;
  try {
    return { ...none, ...(JSON.parse(await readFile(file, "utf8")) as Partial<Results>) };
  } catch (error) {
    throw new InvalidInput(`${file}: it cannot be read as results: ${errorMessage(error)}`);
  }
}

export async function writeResults(file: string, results: Results): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, null, 1)}\n`);
}

export function nameOf({ world, rows, noise, seed, method }: Result): string {
  return `${world}, ${rows} rows, noise ${noise}, seed ${seed}, ${method}`;
}

/** Which state of the learner's code: figures of another are told apart. How files are read (data/) does not change what is learned. */
export function learnerCode(): string {
  const folder = path.join(import.meta.dirname, "../../src/learn");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.startsWith(`data${path.sep}`),
  );
  const hash = createHash("sha256");
  for (const name of files.toSorted()) hash.update(name).update(readFileSync(path.join(folder, name)));
  return hash.digest("hex").slice(0, 8);
}
