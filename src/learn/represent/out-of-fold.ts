// Out of fold
// What members of the ensemble expect of rows whose outcomes they have not seen, each row by those of its own fold, and
// the cluster that they put it into.

import type { Clustering } from "../cluster/cluster.ts";
import type { Seen } from "../cluster/partition.ts";
import { rowPicker } from "../pick-rows.ts";
import { emptyEffects } from "./recipes.ts";
import { FOLDS, type Block, type Effects, type Representation } from "../nouns.ts";

export interface OutOfFold {
  readonly effects: Effects;
  readonly labels: Int32Array;
}

export function outOfFold(representation: Representation, clustering: Clustering, block: Block): OutOfFold {
  const effects = effectsOutOfFold(representation, block);
  return { effects, labels: clustering.assign(seenWith(representation, clustering, block, effects)) };
}

/** Rows as the clustering sees them; the hidden output is that of the whole ensemble. */
export function seenWith(
  representation: Representation,
  { method }: Pick<Clustering, "method">,
  { x, n }: Pick<Block, "x" | "n">,
  effects: Effects,
): Seen {
  return { n, effects, hidden: method === "hidden" ? representation.hidden(x, n) : null };
}

export function effectsOutOfFold(
  representation: Pick<Representation, "arms" | "effectsWithout">,
  { x, n, fold }: Pick<Block, "x" | "n" | "fold">,
): Effects {
  const { arms } = representation;
  const effects = emptyEffects(n, arms);
  for (let own = 0; own < FOLDS; own += 1) {
    const rows = Uint32Array.from(fold.keys()).filter((row) => fold[row] === own);
    const found = representation.effectsWithout(own, rowPicker(n, rows).floats(x), rows.length);
    rows.forEach((row, at) => {
      for (const target of ["reward", "cost", "redemption"] as const)
        effects[target].set(found[target].subarray(at * arms, (at + 1) * arms), row * arms);
    });
  }
  return effects;
}
