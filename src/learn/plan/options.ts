// Options
// What a plan is asked for, and what it must be made of before it is solved; each refusal names the field.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { ClusterValues } from "../../domain/release/release.ts";
import type { ProgressListener } from "../nouns.ts";
import type { Uncertain } from "./scenarios.ts";

export interface PlanOptions {
  /** Points of the grid besides the free row. */
  readonly budgets: number;
  /** Whole steps that a cluster's sessions are divided into. */
  readonly steps: number;
  readonly scenarios: number;
  /** Probability with which a row's expected spend may pass its budget. */
  readonly risk: number;
  /** The largest gap to the linear bound, as a share of what the bound gains over the control. */
  readonly gapBound: number;
  /** A guard for a solver that does not end, not a setting: plans that it cuts short depend on the machine. */
  readonly secondsMax: number;
}

export const PLAN_OPTIONS: PlanOptions = {
  budgets: 20,
  steps: 20,
  scenarios: 500,
  risk: 0.1,
  gapBound: 0.005,
  secondsMax: 60,
};

export interface PlanInput extends Uncertain {
  readonly options: PlanOptions;
  readonly seed: number;
  readonly progress: ProgressListener;
}

export function checkPlanInput(input: PlanInput): void {
  checkOptions(input.options);
  checkValues(input.values);
  const arms = input.values.reward[0]?.length ?? 0;
  for (const field of ["armCostSe", "armRewardSe"] as const)
    if (input[field].length !== arms || input[field].some((se) => !(se >= 0 && se < Infinity)))
      refuse(field, `one standard error of at least 0 for each of the ${arms} arms`);
  if (!(input.sessions >= 1 && input.sessions < Infinity)) refuse("sessions", "the rows that the mix was counted on");
}

function checkOptions(options: PlanOptions): void {
  for (const field of ["budgets", "steps", "scenarios"] as const)
    if (!(Number.isInteger(options[field]) && options[field] > 0)) refuse(`options.${field}`, "a whole number above 0");
  if (!(options.risk >= 0 && options.risk < 1)) refuse("options.risk", "a probability of at least 0 and below 1");
  for (const field of ["gapBound", "secondsMax"] as const)
    if (!(options[field] > 0)) refuse(`options.${field}`, "a number above 0");
}

function checkValues(values: ClusterValues): void {
  const clusters = values.mix.length;
  const arms = values.reward[0]?.length ?? 0;
  if (clusters === 0 || arms === 0) refuse("values", "at least one cluster and one arm");
  for (const field of ["reward", "rewardSe", "cost", "costSe"] as const)
    values[field].forEach((row, cluster) =>
      row.forEach((value, arm) => {
        const fits = Number.isFinite(value) && (field === "reward" || value >= 0);
        if (!fits)
          refuse(`values.${field}[${cluster}][${arm}]`, field === "reward" ? "a number" : "a number of at least 0");
      }),
    );
  for (const field of ["reward", "rewardSe", "cost", "costSe"] as const)
    if (values[field].length !== clusters || values[field].some((row) => row.length !== arms))
      refuse(`values.${field}`, `${clusters} clusters of ${arms} arms`);
  if (values.mix.some((share) => !(share >= 0)) || !(values.mix.reduce((sum, share) => sum + share, 0) > 0))
    refuse("values.mix", "shares of at least 0, not all of them 0");
  const dear = values.cost.findIndex((costs) => costs[0] !== 0);
  if (dear >= 0) refuse(`values.cost[${dear}][0]`, "0, for the control is free: it is what a budget of nothing buys");
}

function refuse(field: string, must: string): never {
  throw new InvalidInput(`plan: ${field} must be ${must}`);
}
