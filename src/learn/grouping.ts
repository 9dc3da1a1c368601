// Grouping
// Clusters and the student that serves them, fitted together: what the student never says cannot be served, so clusters
// that it hardly uses are given up and it learns the others again.
//
// Invariant: the student says every cluster of the result for at least half of the stated share of the rows it was fitted
// on, or the rounds are used up (the release's gate refuses an empty cluster then).

import { clusterRows, type Clustering, type ClusterOptions, type Seen } from "./cluster/cluster.ts";
import { distil, type Student, type StudentOptions } from "./distil.ts";
import type { Block, Dataset, Progress, Representation } from "./nouns.ts";
import { ROWS_A_CELL, type SampleOptions } from "./train-options.ts";

export interface Grouping {
  readonly clustering: Clustering;
  readonly student: Student;
  /** Clusters that were given up because the student hardly said them. */
  readonly givenUp: number;
  readonly warnings: readonly string[];
}

export interface GroupingInput {
  readonly dataset: Dataset;
  readonly representation: Representation;
  readonly cluster: ClusterOptions;
  readonly student: Partial<StudentOptions>;
  readonly sample: SampleOptions;
  readonly seed: number;
  readonly progress: Progress;
}

/** Rows with what the network says of them. */
export interface SeenBlock extends Seen {
  readonly block: Block;
}

/** Fits of the student at most; the first is usually the last. */
const ROUNDS = 4;

/** A cluster that the student gives less than this part of what a cluster must have is given up. */
const SELDOM = 0.5;

export function seenBlock(representation: Representation, block: Block, cluster: ClusterOptions): SeenBlock {
  return {
    block,
    n: block.n,
    effects: representation.effects(block.x, block.n),
    hidden: cluster.method === "hidden" ? representation.hidden(block.x, block.n) : null,
  };
}

export async function groupRows(given: GroupingInput): Promise<Grouping> {
  const { dataset, representation, sample, seed, progress } = given;
  const cluster = { ...given.cluster, minShare: minShareOf(given.cluster, dataset) };
  const input = { ...given, cluster };
  progress("cluster", 0, "what the network expects");
  const fit = seenBlock(representation, await dataset.sample("train", sample.fit, seed), cluster);
  const check = seenBlock(representation, await dataset.sample("validate", sample.check, seed), cluster);
  const clustering = clusterRows(fit, check, dataset.arms.length, cluster, seed, progress);
  const fitted = await fitStudent(input, fit, clustering);
  return { ...fitted, warnings: warningsOf(fitted, cluster) };
}

/** In a small log a cluster has to be a larger part of it, to have rows of each arm at all. */
function minShareOf({ minShare }: ClusterOptions, { arms, rows }: Dataset): number {
  return Math.max(minShare, (ROWS_A_CELL * arms.length) / rows);
}

async function fitStudent(
  input: GroupingInput,
  fit: SeenBlock,
  first: Clustering,
): Promise<Omit<Grouping, "warnings">> {
  let clustering = first;
  for (let round = 1; ; round += 1) {
    const student = await distil({
      x: fit.block.x,
      n: fit.n,
      width: input.dataset.width,
      labels: clustering.assign(fit),
      clusters: clustering.clusters,
      seed: input.seed,
      options: input.student,
      progress: input.progress,
    });
    const classes = student.classes(fit.block.x, fit.n);
    const seldom = seldomUsed(classes, clustering.clusters, SELDOM * input.cluster.minShare * fit.n);
    if (seldom.length === 0 || round === ROUNDS)
      return { clustering, student, givenUp: first.clusters - clustering.clusters };
    student.dispose();
    clustering = clustering.without(seldom);
  }
}

/** Clusters with fewer rows than that; never all of them. */
export function seldomUsed(classes: ArrayLike<number>, clusters: number, fewest: number): number[] {
  const sizes = new Int32Array(clusters);
  for (let row = 0; row < classes.length; row += 1) sizes[classes[row] ?? 0]! += 1;
  const seldom = [...sizes.keys()].filter((cluster) => sizes[cluster]! < Math.max(1, fewest));
  return seldom.length === clusters ? [] : seldom;
}

function warningsOf({ clustering, givenUp }: Omit<Grouping, "warnings">, { keep }: ClusterOptions): string[] {
  const warnings: string[] = [];
  if (givenUp > 0) warnings.push(`${givenUp} clusters were given up, because the student hardly told them from others`);
  if (clustering.kept < keep)
    warnings.push(
      `the clusters keep ${(100 * clustering.kept).toFixed(2)} % of what deciding user by user would bring ` +
        `(by the network's own expectation), less than the ${100 * keep} % asked for: allow more clusters`,
    );
  return warnings;
}
