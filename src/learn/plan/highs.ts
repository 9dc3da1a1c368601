// HiGHS
// Where the program meets its solver (HiGHS compiled to WebAssembly, Huangfu and Hall 2018). One linear model lives
// through all budgets and keeps its basis; an integer model is made for each budget, with only the budget rows that bind.
//
// Gains and money are divided by the full plan's, so that the solver's tolerances mean the same for every campaign.

import { createRequire } from "node:module";
import type { Highs, InitOptions, Model, ModelStatusCode } from "highs";
import { assert } from "../../domain/assert.ts";
import { gainOf, tailOf, type Program, type Steps } from "./program.ts";

/** A solution of the relaxation, with the marginal gain per minor unit of each budget row. */
export interface LinearSolution {
  readonly plan: Steps;
  readonly prices: readonly number[];
}

export interface LinearModel {
  /** `cut`: spend per step of each cell; the row holds the budget of the next solve. */
  addBudgetRow(cut: Float64Array): void;
  /** Forgets budget rows, by their order. */
  dropBudgetRows(rows: readonly number[]): void;
  solve(budget: number): LinearSolution;
  dispose(): void;
}

export interface WholeInput {
  readonly budget: number;
  readonly cuts: readonly Float64Array[];
  readonly start: Steps;
  /** Relative gap at which a solution is good enough. */
  readonly gap: number;
  readonly nodesMax: number;
  readonly secondsMax: number;
}

export interface Solver {
  /** Name and version, for the certificate. */
  readonly name: string;
  linear(): LinearModel;
  /** The best whole plan found under the cuts, never worse than the start; null when none was found. */
  whole(input: WholeInput): Steps | null;
}

const TOLERANCE = 1e-9;

// The package's types say CommonJS of its ES module too; only what `require` gives is as they say.
const loadHighs = createRequire(import.meta.url)("highs") as (options?: InitOptions) => Promise<Highs>;

export async function startHighs(program: Program): Promise<Solver> {
  const highs = await loadHighs();
  const scale = { gain: gainOf(program, program.full), money: tailOf(program, program.full).spend };
  assert(scale.gain > 0 && scale.money > 0, "a program for HiGHS needs something to gain and something to spend");
  return {
    name: `HiGHS ${highs.version.string}`,
    linear: () => linearModel(highs, program, scale),
    whole: (input) => solveWhole(highs, program, scale, input),
  };
}

interface Scale {
  readonly gain: number;
  readonly money: number;
}

function linearModel(highs: Highs, program: Program, scale: Scale): LinearModel {
  const model = modelOf(highs, program, scale, false);
  let rows = 0;
  return {
    addBudgetRow(cut) {
      addRow(model, program, cut, scale, 0);
      rows += 1;
    },
    dropBudgetRows(dropped) {
      if (dropped.length === 0) return;
      model.deleteRows({ kind: "set", indices: dropped.map((row) => program.clusters + row) });
      rows -= dropped.length;
    },
    solve(budget) {
      for (let row = 0; row < rows; row += 1)
        model.changeRowBounds(program.clusters + row, -Infinity, budget / scale.money);
      const { modelStatus } = model.run();
      assert(modelStatus === highs.constants.modelStatus.optimal, `HiGHS: the relaxation ended as ${modelStatus}`);
      const { colValue, rowDual } = model.getSolution();
      const duals = rowDual.subarray(program.clusters, program.clusters + rows);
      const prices = Array.from(duals, (dual) => (Math.max(dual, 0) * scale.gain) / scale.money);
      return { plan: planOf(program, colValue), prices };
    },
    dispose: () => model.dispose(),
  };
}

function solveWhole(highs: Highs, program: Program, scale: Scale, input: WholeInput): Steps | null {
  const model = modelOf(highs, program, scale, true);
  try {
    for (const cut of input.cuts) addRow(model, program, cut, scale, input.budget);
    model.options.set({
      mip_rel_gap: input.gap,
      mip_max_nodes: input.nodesMax,
      mip_feasibility_tolerance: TOLERANCE,
      time_limit: input.secondsMax,
    });
    model.setSolution({ colValue: Float64Array.from(program.columns, (cell) => input.start[cell]!) });
    const { modelStatus } = model.run();
    assert(!isFault(highs, modelStatus), `HiGHS: the program ended as ${modelStatus}`);
    if (model.info.get("primal_solution_status") !== highs.constants.solutionStatus.feasible) return null;
    return planOf(program, model.getSolution().colValue.map(Math.round));
  } finally {
    model.dispose();
  }
}

/** Limits reached are no fault: the gap tells whether what was found by then is good enough. */
function isFault(highs: Highs, status: ModelStatusCode): boolean {
  const { optimal, timeLimit, solutionLimit, iterationLimit, interrupted } = highs.constants.modelStatus;
  return ![optimal, timeLimit, solutionLimit, iterationLimit, interrupted].some((each) => each === status);
}

/** Columns for the cells, a row for each cluster's steps; budget rows come after them. */
function modelOf(highs: Highs, program: Program, scale: Scale, whole: boolean): Model {
  const { columns, arms, clusters, steps, gain } = program;
  const numCols = columns.length;
  const model = highs.createModel({
    numCols,
    numRows: clusters,
    sense: highs.constants.objectiveSense.maximize,
    colCost: Float64Array.from(columns, (cell) => gain[cell]! / scale.gain),
    colLower: new Float64Array(numCols),
    colUpper: new Float64Array(numCols).fill(steps),
    rowLower: new Float64Array(clusters).fill(-Infinity),
    rowUpper: new Float64Array(clusters).fill(steps),
    matrix: {
      format: "csc",
      numRows: clusters,
      numCols,
      starts: Int32Array.from({ length: numCols + 1 }, (_, at) => at),
      indices: columns.map((cell) => Math.floor(cell / arms)),
      values: new Float64Array(numCols).fill(1),
    },
    ...(whole && { integrality: Array.from(columns, () => highs.constants.variableType.integer) }),
  });
  model.options.set({ output_flag: false, random_seed: 0, primal_feasibility_tolerance: TOLERANCE });
  return model;
}

function addRow(model: Model, program: Program, cut: Float64Array, scale: Scale, budget: number): void {
  const numCols = program.columns.length;
  model.addRows({
    lower: Float64Array.of(-Infinity),
    upper: Float64Array.of(budget / scale.money),
    matrix: {
      format: "csr",
      numRows: 1,
      numCols,
      starts: Int32Array.of(0, numCols),
      indices: Int32Array.from({ length: numCols }, (_, at) => at),
      values: Float64Array.from(program.columns, (cell) => cut[cell]! / scale.money),
    },
  });
}

function planOf(program: Program, values: ArrayLike<number>): Steps {
  const plan = new Float64Array(program.gain.length);
  program.columns.forEach((cell, at) => (plan[cell] = Math.max(values[at]!, 0)));
  return plan;
}
