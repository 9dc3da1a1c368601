// Grouping
// Clusters and the student that serves them, fitted together: what the student never says cannot be served, so clusters
// that it hardly uses are given up and it learns the others again.
//
// Invariant: the student says every cluster of the result for at least half of the stated share of the rows it was fitted
// on, or the rounds are used up (the release's gate refuses an empty cluster then).

import { clusterRows, type Clustering, type ClusterOptions } from "./cluster.ts";
import type { Seen } from "./partition.ts";
import { distil, type Student, type StudentOptions } from "../distil/distil.ts";
import { estimate, type Estimate, type EstimateInput } from "../estimate/estimate.ts";
import type { SumsInput } from "../estimate/sums.ts";
import type { Block, Dataset, ProgressListener, Representation } from "../nouns.ts";
import { pickBlock, rowPicker } from "../pick-rows.ts";
import { outOfFold, seenWith } from "../represent/out-of-fold.ts";
import { seededRandom } from "../../domain/random.ts";
import { syntheticRows } from "../distil/synthetic-rows.ts";
import { ROWS_A_CELL, type SampleOptions } from "../train-options.ts";

export interface Grouping {
  readonly clustering: Clustering;
  readonly student: Student;
  /** Clusters that were given up because the student hardly said them. */
  readonly givenUp: number;
  /** Rows that were kept back from both: K was chosen on them, and when the student stopped. */
  readonly check: SeenBlock;
  readonly warnings: readonly string[];
}

export interface GroupingInput {
  readonly dataset: Dataset;
  readonly representation: Representation;
  readonly cluster: ClusterOptions;
  readonly student: Partial<StudentOptions>;
  readonly sample: SampleOptions;
  readonly seed: number;
  readonly progress: ProgressListener;
}

/** Rows with what the model says of them. */
export interface SeenBlock extends Seen {
  readonly block: Block;
}

/** Fits of the student at most; the first is usually the last. */
const ROUNDS = 4;

/** A cluster that the student gives less than this part of what a cluster must have is given up. */
const SELDOM = 0.5;

function seenBlock(representation: Representation, block: Block, cluster: ClusterOptions): SeenBlock {
  const effects = representation.effects(block.x, block.n);
  return { block, ...seenWith(representation, cluster, block, effects) };
}

export async function groupRows(given: GroupingInput): Promise<Grouping> {
  const { dataset, representation, sample, seed, progress } = given;
  const cluster = { ...given.cluster, minShare: minShareOf(given.cluster, dataset) };
  const input = { ...given, cluster };
  progress("cluster", 0, "what the model expects");
  const rows = seenBlock(representation, await dataset.sample(sample.fit, seed), cluster);
  const check = part(rows, (row) => row % CHECKED === 0);
  const fit = part(rows, (row) => row % CHECKED !== 0);
  const clustering = clusterRows(fit, check, dataset.arms.length, cluster, seed, progress);
  const fitted = await fitStudent(input, rows, clustering);
  return { ...fitted, check, warnings: warningsOf(fitted, cluster) };
}

/** One row of so many is kept back. */
const CHECKED = 10;

/** Some of the rows, with what is known of each. */
function part({ block, n, effects, hidden }: SeenBlock, isWanted: (row: number) => boolean): SeenBlock {
  const rows = Uint32Array.from({ length: n }, (_, row) => row).filter(isWanted);
  const { floats } = rowPicker(n, rows);
  return {
    n: rows.length,
    block: pickBlock(block, rows),
    effects: { reward: floats(effects.reward), cost: floats(effects.cost), redemption: floats(effects.redemption) },
    hidden: hidden && floats(hidden),
  };
}

/** In a small log a cluster has to be a larger part of it, to have rows of each arm at all. */
function minShareOf({ minShare }: ClusterOptions, { arms, rows }: Dataset): number {
  return Math.max(minShare, (ROWS_A_CELL * arms.length) / rows);
}

async function fitStudent(
  input: GroupingInput,
  rows: SeenBlock,
  first: Clustering,
): Promise<Pick<Grouping, "clustering" | "student" | "givenUp">> {
  const held = Uint32Array.from({ length: Math.ceil(rows.n / CHECKED) }, (_, at) => at * CHECKED);
  const more = moreRows(input, rows);
  const x =
    more === null ? rows.block.x : joined(new Float32Array(rows.block.x.length + more.x.length), rows.block.x, more.x);
  let clustering = first;
  for (let round = 1; ; round += 1) {
    const student = await distil({
      x,
      n: rows.n + (more?.n ?? 0),
      width: input.dataset.width,
      labels: labelsOf(clustering, rows, more),
      held,
      clusters: clustering.clusters,
      seed: input.seed,
      options: input.student,
      progress: input.progress,
    });
    const classes = student.classes(rows.block.x, rows.n);
    const seldom = seldomUsed(classes, clustering.clusters, SELDOM * input.cluster.minShare * rows.n);
    if (seldom.length === 0 || round === ROUNDS)
      return { clustering, student, givenUp: first.clusters - clustering.clusters };
    student.dispose();
    clustering = clustering.without(seldom);
  }
}

/** Rows at most that the student learns from, as a multiple of the log's: many more say nothing new. */
const MOST_TIMES = 5;

/** Where the log is small: what the teacher says of rows that nobody has seen, so that the student learns what it is taught. */
function moreRows({ dataset, representation, cluster, sample, seed }: GroupingInput, rows: SeenBlock): Taught | null {
  const n = Math.min(sample.student, MOST_TIMES * rows.n) - rows.n;
  if (n <= 0) return null;
  const x = syntheticRows(dataset.spec, rows.block.x, rows.n, n, seededRandom(`synthetic-rows:${seed}`));
  return { x, ...seenWith(representation, cluster, { x, n }, representation.effects(x, n)) };
}

type Taught = Seen & { readonly x: Float32Array };

function labelsOf(clustering: Clustering, rows: Seen, more: Seen | null): Int32Array {
  const labels = clustering.assign(rows);
  return more === null ? labels : joined(new Int32Array(rows.n + more.n), labels, clustering.assign(more));
}

function joined<T extends Float32Array | Int32Array>(all: T, some: T, more: T): T {
  all.set(some);
  all.set(more, some.length);
  return all;
}

/** Clusters with fewer rows than that; never all of them. */
export function seldomUsed(classes: ArrayLike<number>, clusters: number, fewest: number): number[] {
  const sizes = new Int32Array(clusters);
  for (let row = 0; row < classes.length; row += 1) sizes[classes[row]!]! += 1;
  const seldom = [...sizes.keys()].filter((cluster) => sizes[cluster]! < Math.max(1, fewest));
  return seldom.length === clusters ? [] : seldom;
}

function warningsOf(
  { clustering, givenUp }: Pick<Grouping, "clustering" | "givenUp">,
  { keep }: ClusterOptions,
): string[] {
  const warnings: string[] = [];
  if (givenUp > 0)
    warnings.push(`${givenUp} segments were given up, because the classifier hardly told them from others`);
  if (clustering.kept < keep)
    warnings.push(
      `the segments keep ${(100 * clustering.kept).toFixed(2)} % of what deciding user by user would bring ` +
        `(by the model's own expectation), less than the ${100 * keep} % asked for: allow more segments (--clusters)`,
    );
  return warnings;
}

/** What each group's arms bring and cost, as the student serves the groups: over all rows of the data set. */
export async function estimateGroups(
  dataset: Dataset,
  representation: Representation,
  { clustering, student }: { readonly clustering: Clustering; readonly student: { classes: SumsInput["classes"] } },
  options: EstimateInput["options"],
  progress: ProgressListener,
): Promise<Estimate> {
  return await estimate({
    dataset,
    clusters: clustering.clusters,
    classes: (x, n) => student.classes(x, n),
    effects: (x, n) => representation.effects(x, n),
    outOfFold: (block) => outOfFold(representation, clustering, block),
    options,
    progress,
  });
}
