// Classifier
// Boosted trees for one question: can the features tell two groups of rows apart, alone or together? Rows
// have weights, which what is learned for a release has no use for. Deterministic.

import { seededRandom } from "../../../domain/random.ts";
import { someRows, type BinnedRows } from "../../trees/bins.ts";
import { boost } from "../../trees/boost.ts";
import { logLoss, type Loss } from "../../trees/losses.ts";
import type { FullTreeOptions } from "../../trees/options.ts";
import { addTree } from "../../trees/tree.ts";

/** Few and shallow ones, all of whose rounds count: nobody waits for the last bit of it, and nothing is held back. */
const OPTIONS: Omit<FullTreeOptions, "bins"> = {
  leaves: 8,
  rate: 0.2,
  columns: 1,
  rows: 1,
  l2: 5,
  leafRows: 20,
  maxRounds: 30,
  patience: 30,
};
/** Bins of a number. */
export const BINS = 50;

export interface Question {
  /** Without the arm, which is what is asked for. */
  readonly rows: BinnedRows;
  /** Of each row: 1 or 0. */
  readonly y: Uint8Array;
  /** They average 1. */
  readonly weight: Float64Array;
}

/** Learns on `train` and answers a score for each row of `judge`; a higher one is nearer to y = 1. */
export async function boostedScores(question: Question, train: Uint32Array, judge: Uint32Array): Promise<Float64Array> {
  const { y, weight } = question;
  const rows = inOrder(question, train);
  const { start, trees } = await boost({
    learns: { rows: someRows(rows, train), targets: Float32Array.from(train, (row) => y[row]!) },
    holds: { rows: someRows(rows, new Uint32Array(0)), targets: new Float32Array(0) },
    loss: weightedLogLoss(Float64Array.from(train, (row) => weight[row]!)),
    isArmSeen: false,
    options: { ...OPTIONS, bins: BINS },
    random: seededRandom("randomisation"),
    pause: async () => undefined,
  });
  const scores = new Float64Array(judge.length).fill(start);
  const judged = someRows(rows, judge);
  for (const tree of trees) addTree(tree, judged, scores);
  return scores;
}

/** Many categories that differ a little each are seen together: they are put in the order of their rate, as numbers are in theirs. */
function inOrder({ rows: { n, features, bins }, y, weight }: Question, train: Uint32Array): BinnedRows {
  const ordered = bins.slice();
  return {
    n,
    bins: ordered,
    features: features.map((feature, at) => {
      if (feature.kind !== "category") return feature;
      const own = ordered.subarray(at * n, (at + 1) * n);
      const total = new Float64Array(feature.bins).fill(1);
      const hits = new Float64Array(feature.bins).fill(0.5);
      for (const row of train) {
        total[own[row]!]! += weight[row]!;
        hits[own[row]!]! += weight[row]! * y[row]!;
      }
      const byRate = [...total.keys()].toSorted((a, b) => hits[a]! / total[a]! - hits[b]! / total[b]!);
      const rank = new Uint8Array(feature.bins);
      byRate.forEach((bin, place) => (rank[bin] = place));
      own.forEach((bin, row) => (own[row] = rank[bin]!));
      return { kind: "number", bins: feature.bins, column: feature.column, bounds: new Float32Array(0) };
    }),
  };
}

function weightedLogLoss(weight: Float64Array): Loss {
  return {
    ...logLoss,
    derivatives(answers, targets, slopes, curvatures) {
      logLoss.derivatives(answers, targets, slopes, curvatures);
      weight.forEach((each, at) => {
        slopes[at]! *= each;
        curvatures[at]! *= each;
      });
    },
  };
}
