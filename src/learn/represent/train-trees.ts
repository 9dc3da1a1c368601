// Train trees
// Boosted trees for each question and fold: they learn from the other folds' rows and stop on the fold's own. The arm is one
// more feature, but for amounts that hardly depend on it: with it they would follow the noise of the arms' means.
//
// Invariant: a fold's trees owe nothing to an outcome of that fold, but for when they stopped.

import { itemAt } from "../../domain/assert.ts";
import type { Random } from "../../domain/random.ts";
import { FOLDS, type ProgressListener, type TreeRounds } from "../nouns.ts";
import { binRows, someRows, type BinnedRows } from "../trees/bins.ts";
import { boost, type Sample } from "../trees/boost.ts";
import { gammaDeviance, logLoss } from "../trees/losses.ts";
import type { FullTreeOptions } from "../trees/options.ts";
import { addForest, forestOf, type Forest } from "../trees/predict.ts";
import { differsByArm, type Head } from "./heads.ts";
import type { Learned, Lesson } from "./learned.ts";
import { AMOUNT_BOUND } from "./network/network.ts";
import { addTogether } from "./recipes.ts";
import { breathe } from "./network/tensorflow.ts";

export type LearnedTrees = Learned & { readonly rounds: readonly TreeRounds[] };

export async function trainTrees(
  lesson: Lesson,
  options: FullTreeOptions,
  random: Random,
  progress: ProgressListener,
): Promise<LearnedTrees> {
  const { dataset, block, plan } = lesson;
  const arms = dataset.arms.length;
  const column = { arm: block.arm, arms, dose: dataset.tasks.dose };
  const rows = binRows(dataset.spec, block.x, block.n, column, options.bins);
  const forests: Forest[][] = [];
  const rounds: TreeRounds[] = [];
  for (const [at, head] of plan.heads.entries()) {
    const own: Forest[] = [];
    for (let fold = 0; fold < FOLDS; fold += 1) {
      const boosted = await boost({
        learns: sampleOf(lesson, rows, at, (of) => of !== fold),
        holds: sampleOf(lesson, rows, at, (of) => of === fold),
        loss: head.kind === "logit" ? logLoss : gammaDeviance,
        isArmSeen: differsByArm(head),
        options,
        random: random.fork(`${head.name}-${fold}`),
        pause: breathe,
      });
      own.push(forestOf(boosted, rows.features, arms));
      const done = (at * FOLDS + fold + 1) / (plan.heads.length * FOLDS);
      progress("represent", done, `trees: ${head.name}, fold ${fold + 1} of ${FOLDS}: ${boosted.trees.length} rounds`);
      rounds[at] = { question: head.name, rounds: [...(rounds[at]?.rounds ?? []), boosted.trees.length] };
    }
    forests.push(own);
  }
  return { rounds, addEffects: effectsAdder(plan, forests, arms) };
}

/** Rows of some folds in which the question arises. */
function sampleOf(
  { block, plan, targets }: Lesson,
  rows: BinnedRows,
  head: number,
  isIn: (fold: number) => boolean,
): Sample {
  const heads = plan.heads.length;
  const picked = Uint32Array.from(block.fold.keys()).filter(
    (row) => isIn(itemAt(block.fold, row)) && !Number.isNaN(targets[row * heads + head]),
  );
  return {
    rows: someRows(rows, picked),
    targets: Float32Array.from(picked, (row) => itemAt(targets, row * heads + head)),
  };
}

/** Rows at a time. */
const ROWS = 2048;

function effectsAdder(
  plan: Lesson["plan"],
  forests: readonly (readonly Forest[])[],
  arms: number,
): Learned["addEffects"] {
  const answers = new Float32Array(plan.heads.length);
  return (folds, { x, n }, weight, effects) => {
    const width = n === 0 ? 0 : x.length / n;
    for (let from = 0; from < n; from += ROWS) {
      const count = Math.min(ROWS, n - from);
      const part = x.subarray(from * width, (from + count) * width);
      for (const fold of folds) {
        const said = forests.map((own) => answersOf(itemAt(own, fold), part, count));
        for (let cell = 0; cell < count * arms; cell += 1) {
          plan.heads.forEach((head, at) => (answers[at] = answerOf(head, said[at]![cell]!)));
          addTogether(plan, answers, cell % arms, weight / folds.length, effects, from * arms + cell);
        }
      }
    }
  };
}

function answersOf(forest: Forest, x: Float32Array, n: number): Float64Array {
  const answers = new Float64Array(n * forest.arms);
  addForest(forest, x, n, answers);
  return answers;
}

/** A probability, or an amount in units of its mean. */
function answerOf({ kind }: Head, z: number): number {
  return kind === "logit" ? 1 / (1 + Math.exp(-z)) : Math.exp(Math.min(AMOUNT_BOUND, Math.max(-AMOUNT_BOUND, z)));
}
