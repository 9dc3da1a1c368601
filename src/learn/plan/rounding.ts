// Rounding
// Whole steps from a fractional plan: rounded down, then filled with the moves that gain most while the budget holds.
// Within a per cent of the bound by itself; HiGHS starts from it and has only the rest to find.
//
// Invariant: what `roundDown` and `fill` return holds the budget whenever what they were given does.

import { gainOf, stepsUsed, tailOf, type Program, type Steps } from "./program.ts";

export function roundDown(plan: Steps): Steps {
  return plan.map((steps) => Math.floor(steps + 1e-9));
}

/** One step given to `to`, taken from the arm `from` or, where null, from the control. */
interface Move {
  readonly to: number;
  readonly from: number | null;
  readonly gain: number;
}

/** `cost`: spend per step of each cell in the scenarios that bind, by which a move is first judged. */
export function fill(program: Program, plan: Steps, budget: number, cost: Float64Array): Steps {
  const filled = plan.slice();
  let spend = tailOf(program, filled).spend;
  for (let improved = true; improved;) {
    improved = false;
    for (const move of movesOf(program, filled)) {
      const more = cost[move.to]! - (move.from === null ? 0 : cost[move.from]!);
      if (spend + more > budget) continue;
      apply(filled, move, 1);
      const after = tailOf(program, filled).spend;
      improved = after <= budget;
      if (improved) spend = after;
      if (improved) break;
      apply(filled, move, -1);
    }
  }
  return gainOf(program, filled) > gainOf(program, plan) ? filled : plan;
}

/** All moves that gain, the largest gain first. */
function movesOf(program: Program, plan: Steps): Move[] {
  const { arms, gain, columns, steps } = program;
  const moves: Move[] = [];
  for (const to of columns) {
    const cluster = Math.floor(to / arms);
    if (stepsUsed(program, plan, cluster) < steps) moves.push({ to, from: null, gain: gain[to]! });
    for (let from = cluster * arms + 1; from < (cluster + 1) * arms; from += 1) {
      const more = gain[to]! - gain[from]!;
      if (plan[from]! >= 1 && more > 0) moves.push({ to, from, gain: more });
    }
  }
  return moves.sort((a, b) => b.gain - a.gain || a.to - b.to);
}

function apply(plan: Steps, move: Move, steps: 1 | -1): void {
  plan[move.to]! += steps;
  if (move.from !== null) plan[move.from]! -= steps;
}
