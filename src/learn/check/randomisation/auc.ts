// AUC
// The area under the ROC curve of weighted rows, with its standard error from the placements of each side among the other
// (DeLong; with weights, the same influence of each row). Pure.

import type { Auc } from "./figures.ts";

/** `score`, `weight`, y = 0 or 1: [n], rows of both sides among them. */
export function aucOf(score: Float64Array, y: Uint8Array, weight: Float64Array): Auc {
  const order = Int32Array.from(score.keys()).toSorted((a, b) => score[a]! - score[b]!);
  const total = [0, 0];
  for (const row of order) total[y[row]!]! += weight[row]!;
  /** Of the other side's weight, the share that lies below the row, ties by half. */
  const below = new Float64Array(score.length);
  const passed = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    const tied = [0, 0];
    for (; to < order.length && score[order[to]!] === score[order[from]!]; to += 1)
      tied[y[order[to]!]!]! += weight[order[to]!]!;
    for (let at = from; at < to; at += 1) {
      const other = 1 - y[order[at]!]!;
      below[order[at]!] = (passed[other]! + tied[other]! / 2) / total[other]!;
    }
    passed[0]! += tied[0]!;
    passed[1]! += tied[1]!;
    from = to;
  }
  let value = 0;
  for (const row of order) if (y[row] === 1) value += (weight[row]! * below[row]!) / total[1]!;
  let variance = 0;
  for (const row of order) {
    const placement = y[row] === 1 ? below[row]! : 1 - below[row]!;
    variance += ((weight[row]! / total[y[row]!]!) * (placement - value)) ** 2;
  }
  return { value, se: Math.sqrt(variance) };
}
