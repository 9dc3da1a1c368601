// Told
// What each method says of rows that it has not learned from: reward and cost of each row under each arm, and, where it is
// a plan by groups, the plan that its fold would serve. Kept in a cache, since a method is measured once and compared often.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { deserialize, serialize } from "node:v8";
import { trainRepresentation } from "../../../src/learn/represent/train.ts";
import type { LearnOptions } from "../../../src/learn/train-options.ts";
import type { Python } from "../environment.ts";
import { effectsOf, readEffects } from "../ours.ts";
import { Releases } from "../releases.ts";
import { learnerCode } from "../results.ts";
import type { Effects, GroupPlan } from "../scorer.ts";
import { pickBlock } from "../../../src/learn/pick-rows.ts";
import { datasetOf, foldsOf, rowsWhere, type ExperimentRows } from "./rows.ts";
import { writeEncoded } from "./encoded.ts";

export interface Told {
  readonly method: string;
  readonly effects: Effects;
  /** Of each fold; and which fold's plan and which of its groups a row belongs to. */
  readonly plans: {
    readonly byFold: readonly GroupPlan[];
    readonly fold: Uint8Array;
    readonly group: Int32Array;
  } | null;
  /** Of the processor, for all folds. */
  readonly seconds: number;
}

export interface Asking {
  readonly python: Python;
  readonly learn: LearnOptions;
  readonly folds: number;
  readonly seed: number;
}

/**
 * Most that a plan may lie below its bound here: a part of a small log has few groups, whose whole plans lie far apart, and a
 * comparison is no release. `stipend train` refuses earlier.
 */
const GAP = 0.02;

const CACHE = path.join(import.meta.dirname, "../../../node_modules/.cache/quality-experiments");

/** `ours` tells twice: as served and user by user. */
export async function toldBy(method: string, rows: ExperimentRows, asking: Asking): Promise<Told[]> {
  const key = createHash("sha256")
    .update(JSON.stringify([method, rows.dataset.spec, rows.dataset.tasks, asking.folds, asking.seed]))
    .update(method === "ours" ? JSON.stringify([learnerCode(), asking.learn]) : sourcesOfPeers())
    .update(Buffer.from(Float64Array.from(rows.logged.reward).buffer));
  const file = path.join(CACHE, `${method}-${key.digest("hex").slice(0, 16)}`);
  const cached = await readFile(file).catch(() => null);
  if (cached !== null) return deserialize(cached) as Told[];
  const told = method === "ours" ? await toldByOurs(rows, asking) : [await toldByPeer(method, rows, asking)];
  await mkdir(CACHE, { recursive: true });
  await writeFile(file, serialize(told));
  return told;
}

function sourcesOfPeers(): string {
  const folder = path.join(import.meta.dirname, "../peers");
  const names = readdirSync(folder).filter((name) => name.endsWith(".py") && name !== "worlds.py");
  return names
    .toSorted()
    .map((name) => readFileSync(path.join(folder, name), "utf8"))
    .join("");
}

async function toldByPeer(method: string, rows: ExperimentRows, { python, folds, seed }: Asking): Promise<Told> {
  const fold = foldsOf(rows.logged, folds, seed);
  const effects = emptyEffects(rows);
  let seconds = 0;
  for (let own = 0; own < folds; own += 1) {
    const folder = await mkdtemp(path.join(tmpdir(), "stipend-quality-"));
    try {
      const held = rowsWhere(fold, (each) => each === own);
      await writeEncoded(
        folder,
        rows,
        rowsWhere(fold, (each) => each !== own),
        held,
      );
      seconds += Number(await python.script("peers.py", [method, folder, String(seed)]));
      place(effects, held, await readEffects(path.join(folder, `${method}.parquet`)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { method, effects, plans: null, seconds };
}

async function toldByOurs(rows: ExperimentRows, { learn, folds, seed }: Asking): Promise<Told[]> {
  const fold = foldsOf(rows.logged, folds, seed);
  const [individual, served] = [emptyEffects(rows), emptyEffects(rows)];
  const group = new Int32Array(rows.block.n);
  const byFold: GroupPlan[] = [];
  const start = process.cpuUsage();
  for (let own = 0; own < folds; own += 1) {
    const dataset = datasetOf(
      rows.dataset,
      pickBlock(
        rows.block,
        rowsWhere(fold, (each) => each !== own),
      ),
    );
    const held = rowsWhere(fold, (each) => each === own);
    const { x, n } = pickBlock(rows.block, held);
    const representation = await trainRepresentation(dataset, learn, seed, () => undefined);
    const made = new Releases(dataset, representation, seed);
    try {
      const { classes, plan } = await made.make({
        learn: { ...learn, plan: { ...learn.plan, gapBound: Math.max(GAP, learn.plan.gapBound) } },
        groups: "student",
      });
      const theirs = classes(x, n);
      byFold.push(plan);
      held.forEach((row, at) => (group[row] = theirs[at]!));
      place(individual, held, effectsOf(representation, { x, n }));
      place(served, held, byGroup(plan, theirs, rows.dataset.arms.length));
    } finally {
      await made.dispose();
      representation.dispose();
    }
  }
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  return [
    { method: "ours", effects: served, plans: { byFold, fold, group }, seconds },
    { method: "individual", effects: individual, plans: null, seconds },
  ];
}

function byGroup({ reward, cost }: GroupPlan, groups: ArrayLike<number>, arms: number): Effects {
  const n = groups.length;
  const of = (table: GroupPlan["cost"]): Float64Array =>
    Float64Array.from({ length: n * arms }, (_, at) => table[groups[Math.floor(at / arms)]!]![at % arms]!);
  return { n, arms, reward: of(reward), cost: of(cost) };
}

function emptyEffects({ block, dataset }: ExperimentRows): Effects {
  const arms = dataset.arms.length;
  const size = block.n * arms;
  return { n: block.n, arms, reward: new Float64Array(size), cost: new Float64Array(size) };
}

function place(into: Effects, rows: Uint32Array, from: Effects): void {
  const { arms } = into;
  rows.forEach((row, at) => {
    into.reward.set(from.reward.subarray(at * arms, (at + 1) * arms), row * arms);
    into.cost.set(from.cost.subarray(at * arms, (at + 1) * arms), row * arms);
  });
}
