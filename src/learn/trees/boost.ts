// Boost
// Trees one after the other for one target, each towards what those before it still get wrong, until rows that are kept back
// are no longer foretold better; those after the best round are given up.

import type { Random } from "../../domain/random.ts";
import type { BinnedRows } from "./bins.ts";
import { columnsOf, drawColumns } from "./columns.ts";
import { Grower } from "./grow.ts";
import type { Loss } from "./losses.ts";
import type { FullTreeOptions } from "./options.ts";
import { addTree, type Tree } from "./tree.ts";

export interface Sample {
  readonly rows: BinnedRows;
  readonly targets: Float32Array;
}

export interface BoostInput {
  readonly learns: Sample;
  /** Says when to stop; without rows the trees go on to the last round. */
  readonly holds: Sample;
  readonly loss: Loss;
  /** Whether trees may split by the arm. */
  readonly isArmSeen: boolean;
  readonly options: FullTreeOptions;
  readonly random: Random;
  /** Between two rounds: lets the process live. */
  readonly pause: () => Promise<void>;
}

export interface Boosted {
  readonly start: number;
  readonly trees: readonly Tree[];
  /** Mean loss after each round, the start first: of the rows learned from, and of those kept back. */
  readonly losses: readonly { readonly learns: number; readonly holds: number }[];
}

export async function boost(input: BoostInput): Promise<Boosted> {
  const { learns, holds, loss, isArmSeen, options, random, pause } = input;
  const start = loss.start(learns.targets);
  const canSplit = learns.rows.n >= 2 * options.leafRows;
  const columns = canSplit ? columnsOf(learns.rows.features, isArmSeen) : [];
  const answers = new Float64Array(learns.rows.n).fill(start);
  const foretold = new Float64Array(holds.rows.n).fill(start);
  const slopes = new Float64Array(learns.rows.n);
  const curvatures = new Float64Array(learns.rows.n);
  const grower = new Grower(learns.rows, options);
  const draws = { columns: random.fork("columns"), rows: random.fork("rows") };
  const trees: Tree[] = [];
  const told = (): Boosted["losses"][number] => ({
    learns: loss.mean(answers, learns.targets),
    holds: loss.mean(foretold, holds.targets),
  });
  const losses = [told()];
  let best = 0;
  const isOver = (): boolean => holds.rows.n > 0 && trees.length - best >= options.patience;
  while (columns.length > 0 && trees.length < options.maxRounds && !isOver()) {
    loss.derivatives(answers, learns.targets, slopes, curvatures);
    const choices = drawColumns(columns, options.columns, draws.columns);
    const tree = grower.grow(drawRows(learns.rows.n, options.rows, draws.rows), slopes, curvatures, choices);
    addTree(tree, learns.rows, answers);
    addTree(tree, holds.rows, foretold);
    trees.push(tree);
    losses.push(told());
    if (holds.rows.n === 0 || losses.at(-1)!.holds < losses[best]!.holds) best = trees.length;
    await pause();
  }
  return { start, trees: trees.slice(0, best), losses };
}

function drawRows(n: number, share: number, random: Random): Uint32Array {
  const drawn = new Uint32Array(n);
  let count = 0;
  for (let row = 0; row < n; row += 1) {
    if (share < 1 && random.unit() >= share) continue;
    drawn[count] = row;
    count += 1;
  }
  return drawn.subarray(0, count);
}
