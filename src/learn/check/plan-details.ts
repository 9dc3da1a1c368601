// Plan details
// How well plans rank users for each arm, and which features they rest on: of the plans of all folds together, each row
// judged under that of its fold, which owes nothing to the row's outcome. A group here is a fold and a cluster: so the plans
// are read as one.

import { must } from "../../domain/assert.ts";
import { positionForBudget, sharesAt } from "../../domain/release/frontier.ts";
import type { ClusterValues, Frontier } from "../../domain/release/release.ts";
import { featureWidth, type FeatureSpec } from "../../domain/session/features.ts";
import { seededRandom } from "../../domain/random.ts";
import { rankArms, type ArmRanking } from "../../evaluate/policy/arm-ranking.ts";
import { lotOf, LOTS, type BootstrapOptions } from "../../evaluate/policy/bootstrap.ts";
import { addRow, emptyGroups, type GroupedRows } from "../../evaluate/policy/grouped.ts";
import { PlanImportance, type FeatureImportance } from "../../evaluate/policy/importance.ts";
import { withWhatIsKnown } from "../../evaluate/policy/judge.ts";
import type { LoggedRows } from "../../evaluate/policy/logged.ts";
import type { PolicyValue } from "../../evaluate/policy/policy-value.ts";
import { FOLDS, type Block, type ProgressListener } from "../nouns.ts";
import { pickBlock } from "../pick-rows.ts";
import { shuffled, withColumns } from "../shuffle.ts";

/** A plan that owes nothing to the outcomes of a fold. */
export interface FoldPlan {
  readonly values: ClusterValues;
  readonly frontier: Frontier;
  /** Cluster of each row by the members that have not seen the fold. */
  readonly labels: ArrayLike<number>;
}

/** What the plan of the middle budget rests on. */
export interface DrivingEvidence {
  readonly budgetPerSession: number;
  readonly rows: number;
  /** The largest fall first. */
  readonly features: readonly FeatureImportance[];
}

export interface PlanDetails {
  readonly ranking: readonly ArmRanking[];
  /** Null where there is no plan that spends, or it was not asked for. */
  readonly driving: DrivingEvidence | null;
}

export interface DetailsInput {
  readonly block: Block;
  readonly plans: readonly FoldPlan[];
  /** Per session, rising. */
  readonly budgets: readonly number[];
  readonly arms: readonly string[];
  readonly spec: FeatureSpec;
  /** Rows at most on which features are dealt out anew; 0: none are. */
  readonly importanceRows: number;
  /** Cluster of each row by the members that have not seen it. */
  labels(block: Block): ArrayLike<number>;
  readonly options: BootstrapOptions;
  readonly progress: ProgressListener;
}

/** `rows`: those of the block; `forAll`: each arm for everybody, the control first. */
export function detailsOf(rows: LoggedRows, forAll: readonly (PolicyValue | null)[], input: DetailsInput): PlanDetails {
  const { plans, block, arms, options } = input;
  const values = {
    reward: plans.flatMap((plan) => plan.values.reward),
    cost: plans.flatMap((plan) => plan.values.cost),
  };
  const labels = Int32Array.from({ length: block.n }, (_, row) => foldPlan(plans, block, row).labels[row]!);
  const ranking = rankArms(grouped(rows, block, labels, input), values, arms, options);
  return {
    ranking: ranking.map((each, arm) => withWhatIsKnown(each, forAll[arm + 1] ?? null)),
    driving: drivingOf(rows, labels, input),
  };
}

function foldPlan(plans: readonly FoldPlan[], { fold }: Block, row: number): FoldPlan {
  return must(plans[fold[row]!], "the plan of the row's fold");
}

function drivingOf(rows: LoggedRows, labels: Int32Array, input: DetailsInput): DrivingEvidence | null {
  const { budgets, block, spec, importanceRows, options, progress } = input;
  const middle = Math.floor(budgets.length / 2);
  const budgetPerSession = budgets[middle];
  if (budgetPerSession === undefined || importanceRows === 0) return null;
  const every = Math.ceil(block.n / importanceRows);
  const picked = Uint32Array.from({ length: Math.ceil(block.n / every) }, (_, at) => at * every);
  const part = pickBlock(block, picked);
  const logged = pickRows(rows, picked);
  const own = Int32Array.from(picked, (row) => labels[row]!);
  const plan = new PlanImportance(grouped(logged, part, own, input), jointFrontier(input), middle + 1, options);
  let at = 0;
  const features = spec.features.map((feature, index) => {
    const { name } = feature;
    progress("policy", index / spec.features.length, `what the plans rest on: ${name}`);
    const columns = { at, count: featureWidth(feature), width: part.x.length / part.n };
    at += columns.count;
    const order = shuffled(part.n, seededRandom(`importance ${options.seed}/${name}`));
    const moved = Int32Array.from(input.labels({ ...part, x: withColumns(part.x, columns, order) }));
    const movedShare = moved.reduce((sum, label, row) => sum + (label === own[row] ? 0 : 1), 0) / part.n;
    return plan.of({ feature: name, movedShare, repeats: [grouped(logged, part, moved, input)] });
  });
  return {
    budgetPerSession,
    rows: part.n,
    features: features.toSorted((a, b) => b.fall.value - a.fall.value),
  };
}

/** A row for no spend, then one for each budget: there each fold's groups get what their plan gives them. */
function jointFrontier({ plans, budgets }: DetailsInput): Frontier {
  const rows = [0, ...budgets].map((budget) => ({
    ...{ budgetPerSession: budget, expectedReward: Number.NaN, expectedCost: Number.NaN, shadowPrice: Number.NaN },
    shares: plans.flatMap(({ frontier, values }) => {
      const { position } = positionForBudget(frontier, values, values.mix, budget);
      return values.mix.map((_, cluster) => sharesAt(frontier, position, cluster));
    }),
  }));
  return { steps: 1, rows };
}

function grouped(
  { n, arms, arm, propensity, reward, cost }: LoggedRows,
  { fold }: Block,
  labels: Int32Array,
  { plans, options }: DetailsInput,
): GroupedRows {
  const clusters = must(plans[0], "a plan").values.mix.length;
  const into = emptyGroups(FOLDS * clusters, arms, LOTS);
  for (let row = 0; row < n; row += 1)
    addRow(into, {
      lot: lotOf(row, options.seed, LOTS),
      group: fold[row]! * clusters + labels[row]!,
      arm: arm[row]!,
      propensity: propensity[row]!,
      reward: reward[row]!,
      cost: cost[row]!,
    });
  return into;
}

function pickRows({ arms, arm, propensity, reward, cost }: LoggedRows, rows: Uint32Array): LoggedRows {
  const of = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  return { n: rows.length, arms, arm: of(arm), propensity: of(propensity), reward: of(reward), cost: of(cost) };
}
