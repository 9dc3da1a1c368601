// Relaxation
// The program without whole steps, solved by cutting planes (Künzi-Bay and Mayer 2006): solve under the budget rows known
// so far, look which scenarios are the dearest for the answer, add their mean as a row, until nothing is passed. The rows
// hold for every budget, so each solve begins where the last one ended.
//
// Invariants:
//   1. `bound` is never below what any plan, whole or not, can gain within the budget: rows only leave plans out that
//      pass it, and fewer rows leave out fewer.
//   2. `bound + price · (b − budget)` bounds every other budget b too: the dual solution stays feasible there.

import type { LinearModel } from "./highs.ts";
import { cutOf, gainOf, tailOf, type Program, type Steps } from "./program.ts";

export interface Relaxed {
  readonly plan: Steps;
  readonly bound: number;
  /** Marginal gain per minor unit. */
  readonly price: number;
  /** Budget rows that bind. */
  readonly cuts: readonly Float64Array[];
  /** Spend per step of each cell in the scenarios that bind, by their prices. */
  readonly cost: Float64Array;
}

export interface Relaxation {
  solve(budget: number): Relaxed;
  dispose(): void;
}

/** A budget counts as held to this share of itself. */
const HELD = 1e-4;
const ROUNDS = 500;

export function relaxation(program: Program, model: LinearModel): Relaxation {
  let cuts: Float64Array[] = [];
  const addCut = (plan: Steps): void => {
    const cut = cutOf(program, tailOf(program, plan).scenarios);
    cuts.push(cut);
    model.addBudgetRow(cut);
  };
  addCut(program.full);
  return {
    solve(budget) {
      let solution = model.solve(budget);
      for (let round = 0; round < ROUNDS; round += 1) {
        if (tailOf(program, solution.plan).spend <= budget * (1 + HELD)) break;
        addCut(solution.plan);
        solution = model.solve(budget);
      }
      const price = solution.prices.reduce((sum, each) => sum + each, 0);
      const weights = solution.prices.filter((each) => each > 0);
      model.dropBudgetRows([...cuts.keys()].filter((row) => !(solution.prices[row]! > 0)));
      cuts = cuts.filter((_, row) => solution.prices[row]! > 0);
      return {
        plan: solution.plan,
        bound: gainOf(program, solution.plan),
        price,
        cuts: [...cuts],
        cost: weightedMean(program, cuts, weights),
      };
    },
    dispose: () => model.dispose(),
  };
}

function weightedMean(program: Program, cuts: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = new Float64Array(program.gain.length);
  cuts.forEach((cut, row) => {
    const share = weights[row]! / total;
    for (const cell of program.columns) mean[cell]! += share * cut[cell]!;
  });
  return mean;
}
