// Plan
// Solves the frontier of a release: for each budget of a grid, which share of each cluster's sessions gets which arm.
// The program is in program.ts, its bound in relaxation.ts, its whole steps come from rounding.ts and HiGHS.
//
// Invariants:
//   1. The first row spends nothing; from row to row budgets and expected rewards rise, and prices do not.
//   2. A row's budget is what its plan needs: the mean spend of its dearest scenarios. So every row, and every mix of two
//      rows under the mix of their budgets, spends more in less than the stated share of the scenarios.
//   3. No row is further from its linear bound than `gapBound`. A budget for which none is found that near has no row: what lies
//      there is a mix of its neighbours. Where that is the largest, or more than half, there is no frontier but an error.
//   4. The same input and seed give the same frontier, as long as `secondsMax` does not cut a solve short.

import { itemAt } from "../../domain/assert.ts";
import { setImmediate as breathe } from "node:timers/promises";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { canonicalJson, sha256Hex } from "../../domain/canonical.ts";
import { expectedOfRow } from "../../domain/release/frontier.ts";
import { seededRandom } from "../../domain/random.ts";
import type { Certificate, ClusterValues, Frontier, PlanRow } from "../../domain/release/release.ts";
import { freshScenarios, planOutlook, type PlanOutlook } from "./evidence.ts";
import { startHighs, type Solver } from "./highs.ts";
import { cutOf, freePlan, gainOf, programOf, sharesOf, tailOf, type Program, type Steps } from "./program.ts";
import { checkPlanInput, type PlanInput, type PlanOptions } from "./options.ts";
import { relaxation, type Relaxed } from "./relaxation.ts";
import { fill, roundDown } from "./rounding.ts";
import { drawScenarios } from "./scenarios.ts";

export { PLAN_OPTIONS, type PlanInput, type PlanOptions } from "./options.ts";

/** `value` and `bound` are over the control's reward, per session. */
export interface PlanRowEvidence extends PlanOutlook {
  readonly budgetPerSession: number;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  readonly seconds: number;
}

export interface Planned {
  readonly frontier: Frontier;
  readonly certificate: Certificate;
  readonly evidence: readonly PlanRowEvidence[];
  /** Budgets without a row of their own, per session, and how far from the bound the best plan for each was. */
  readonly unsolved: readonly Unsolved[];
}

export type Unsolved = Pick<PlanRowEvidence, "budgetPerSession" | "gap">;

/** The first budgets lie closer: there a little money makes the greatest difference. */
const GRID_POWER = 1.5;
/** HiGHS stops at this share of the gap that is allowed, or after this many nodes. */
const STOP_AT = 0.3;
const NODES_MAX = 2_000;
const ROUNDS = 4;
/** Where else a plan is looked for when there is none at the point itself, in distances between points. */
const NEARBY = [0.8, 1.2, 0.6, 1.4, 0.4];

export async function solvePlans(input: PlanInput): Promise<Planned> {
  checkPlanInput(input);
  const { options, values } = input;
  const scenarios = drawScenarios(input, options.scenarios, seededRandom(input.seed).fork("plan"));
  const program = programOf(values, scenarios, options.steps, options.risk);
  const solved = await solveRows(program, input);
  const rows = rowsOf(program, values, solved.rows);
  const fresh = freshScenarios(input, input.seed);
  return {
    frontier: { steps: options.steps, rows },
    certificate: {
      solver: solved.solver,
      maxGap: Math.max(...solved.rows.map(({ gap }) => gap)),
      gapBound: options.gapBound,
      inputHash: hashOf(input),
      scenarios: options.scenarios,
      risk: options.risk,
    },
    evidence: solved.rows.map(({ plan, budget, value, bound, gap, seconds }) => ({
      budgetPerSession: budget,
      value,
      bound,
      gap,
      ...planOutlook(program, plan, budget, fresh),
      seconds,
    })),
    unsolved: solved.unsolved,
  };
}

/** One solved budget. */
interface Answer {
  readonly plan: Steps;
  /** What the plan needs. */
  readonly budget: number;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  readonly price: number;
}

interface Solved extends Answer {
  readonly seconds: number;
}

interface SolvedGrid {
  readonly rows: Solved[];
  readonly unsolved: Unsolved[];
  readonly solver: string;
}

async function solveRows(program: Program, input: PlanInput): Promise<SolvedGrid> {
  const most = tailOf(program, program.full).spend;
  const free = freePlan(program, input.values);
  const gain = gainOf(program, free);
  const first: Solved = { plan: free, budget: 0, value: gain, bound: gain, gap: 0, price: 0, seconds: 0 };
  // Nothing that costs money gains anything: the free row is the whole frontier, and there is nothing to solve.
  if (!(most > 0)) return { rows: [first], unsolved: [], solver: "none: no arm that costs money gains anything" };
  const solver = await startHighs(program);
  const relaxed = relaxation(program, solver.linear());
  try {
    const { options, progress } = input;
    const grid = gridOf(most, options.budgets);
    const rows = [{ ...first, price: relaxed.solve((grid[0] ?? most) * 1e-3).price }];
    const unsolved: Unsolved[] = [];
    const deadlineMs = performance.now() + options.secondsMax * 1000;
    for (const [index, budget] of grid.entries()) {
      await breathe();
      const startedMs = performance.now();
      const solve = (asked: number): Answer =>
        solveBudget(program, solver, relaxed.solve(asked), asked, options, deadlineMs);
      const answer = solvePoint(solve, index === 0 ? 0 : itemAt(grid, index - 1), budget, options.gapBound);
      const seconds = (performance.now() - startedMs) / 1000;
      const isLast = index === grid.length - 1;
      if (!addRow(rows, { ...answer, seconds }, options.gapBound) && (rows.length > 1 || isLast)) {
        unsolved.push({ budgetPerSession: answer.budget, gap: answer.gap });
        if (isLast || unsolved.length > grid.length / 2) throw tooFar(unsolved, grid.length, options.gapBound);
      }
      progress("plan", (index + 1) / grid.length, `budget ${index + 1} of ${grid.length}`);
    }
    return { rows, unsolved, solver: solver.name };
  } finally {
    relaxed.dispose();
  }
}

/** From scarce to the most that can be of use. */
function gridOf(most: number, budgets: number): number[] {
  return Array.from({ length: budgets }, (_, index) => most * ((index + 1) / budgets) ** GRID_POWER);
}

/** With few clusters the whole plans lie far apart, and one near the bound may have to be looked for beside the point. */
function solvePoint(solve: (asked: number) => Answer, before: number, point: number, gapBound: number): Answer {
  let best = solve(point);
  for (const share of NEARBY)
    if (best.gap > gapBound) best = better(solve(before + share * (point - before)), best, gapBound);
  return best;
}

/**
 * The whole plan that comes closest to the bound where its own budget lies. Candidates are the relaxed plan rounded down,
 * that plan filled up, and what HiGHS finds from there. HiGHS knows the rows that bound the relaxation; a whole plan can be
 * dearer in other scenarios: it then needs a little more than was asked for, or, where that matters, those become a row.
 */
function solveBudget(
  program: Program,
  solver: Solver,
  relaxed: Relaxed,
  budget: number,
  options: PlanOptions,
  deadlineMs: number,
): Answer {
  const down = roundDown(relaxed.plan);
  const start = fill(program, down, budget, relaxed.cost);
  const answer = (plan: Steps): Answer => measured(program, relaxed, budget, plan);
  let best = better(answer(start), answer(down), options.gapBound);
  const cuts = [...relaxed.cuts];
  for (let round = 0; round < ROUNDS; round += 1) {
    const secondsMax = Math.max((deadlineMs - performance.now()) / 1000, 0.01);
    const gap = options.gapBound * STOP_AT;
    const plan = solver.whole({ budget, cuts, start, gap, nodesMax: NODES_MAX, secondsMax });
    if (plan === null) break;
    best = better(answer(plan), best, options.gapBound);
    if (best.gap <= options.gapBound) break;
    cuts.push(cutOf(program, tailOf(program, plan).scenarios));
  }
  return best;
}

/** Of those near enough to the bound the one that gains most, else the one nearest to it. */
function better(a: Answer, b: Answer, gapBound: number): Answer {
  if (a.gap <= gapBound && b.gap <= gapBound) return b.value > a.value ? b : a;
  return b.gap < a.gap ? b : a;
}

/** The bound is taken at what the plan needs, not at what was asked for. */
function measured(program: Program, relaxed: Relaxed, asked: number, plan: Steps): Answer {
  const budget = tailOf(program, plan).spend;
  const value = gainOf(program, plan);
  const bound = Math.max(relaxed.bound + relaxed.price * (budget - asked), value);
  const most = gainOf(program, program.full);
  const gap = bound - value <= most * 1e-9 ? 0 : (bound - value) / bound;
  return { plan, budget, value, bound, gap, price: value < most ? relaxed.price : 0 };
}

/**
 * Whether it is near enough to its bound. A row that needs no more money or gains no more than the one before adds nothing: fewer
 * rows, the same frontier. Before the first row that spends, a point may be too scarce for whole steps; what lies below that row
 * is a mix with the free one.
 */
function addRow(rows: Solved[], row: Solved, gapBound: number): boolean {
  const before = rows.at(-1);
  if (before !== undefined && !(row.budget > before.budget && row.value > before.value)) return true;
  if (row.gap > gapBound) return false;
  rows.push({ ...row, price: Math.min(row.price, before?.price ?? row.price) });
  return true;
}

function tooFar(unsolved: readonly Unsolved[], of: number, gapBound: number): InvalidInput {
  const worst = unsolved.reduce((a, b) => (b.gap > a.gap ? b : a));
  return new InvalidInput(
    `plan: ${unsolved.length} of ${of} budgets have no plan within ${gapPercent(gapBound)} of the linear bound (furthest: ` +
      `${worst.budgetPerSession.toPrecision(4)} minor units a session, ${gapPercent(worst.gap)}); take more segments (--clusters), or ` +
      "allow a larger gap (--gap)",
  );
}

/** Of a gap, which may be a hundredth of a percent. */
export function gapPercent(share: number): string {
  return `${(share * 100).toPrecision(2)} %`;
}

function rowsOf(program: Program, values: ClusterValues, solved: readonly Solved[]): PlanRow[] {
  const rows = solved.map(({ plan, budget, price }) => ({
    budgetPerSession: budget,
    shares: sharesOf(program, plan),
    expectedReward: 0,
    expectedCost: 0,
    shadowPrice: price,
  }));
  return rows.map((row, index) => {
    const { reward, cost } = expectedOfRow({ steps: program.steps, rows }, values, values.mix, index);
    return { ...row, expectedReward: reward, expectedCost: cost };
  });
}

/** Of all that the plan follows from. */
function hashOf(input: PlanInput): string {
  const { values, armCostSe, armRewardSe, sessions, seed, options } = input;
  const { secondsMax: _guard, ...program } = options;
  return sha256Hex(canonicalJson({ values, armCostSe, armRewardSe, sessions, seed, options: program }));
}
