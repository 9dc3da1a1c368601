// Soft pacing
// Chooses the row of the frontier that is in force: the one for the remaining budget per expected remaining session, on the
// clusters that really come.
//
// Invariants:
//   1. The position rises with the budget per session and with what can be held.
//   2. A position is kept while the new one is within a hundredth of a row: no grants go out for what makes no difference.

import { itemAt } from "../../domain/assert.ts";
import type { Arm } from "../../domain/campaign/campaign.ts";
import { positionForBudget, shadowPriceAt, sharesAt } from "../../domain/release/frontier.ts";
import type { ClusterValues, Frontier } from "../../domain/release/release.ts";

/** Of a release: its plans, and what is expected of each cluster and arm. */
export interface PlanTable {
  readonly frontier: Frontier;
  readonly values: ClusterValues;
}

export interface SoftInput {
  readonly arms: readonly Arm[];
  /** Sessions by cluster, as they came. */
  readonly mix: readonly number[];
  /** Minor units that may be spent on each session to come; Infinity for as soon as possible. */
  readonly spendPerSession: number;
  /** Minor units that can be held for each session to come. */
  readonly holdPerSession: number;
}

export interface SoftPlan {
  readonly planRow: number;
  readonly shadowPrice: number;
  /** Share of the held face values that is expected to be redeemed under the plan. */
  readonly redemption: number;
}

const SAME_ROW = 0.01;

export function softPlan(plans: PlanTable, input: SoftInput, inForce: number | null): SoftPlan {
  const wanted = positionWanted(plans, input);
  const planRow = inForce !== null && Math.abs(inForce - wanted) < SAME_ROW ? inForce : wanted;
  return {
    planRow,
    shadowPrice: shadowPriceAt(plans.frontier, planRow),
    redemption: redemptionAt(plans, input, planRow),
  };
}

/**
 * By spend and by hold. What remains counts money that is expected to come back, so under `strict` the row must also be
 * feasible to hold: what its holds need until they end may not pass what can be held.
 */
function positionWanted(plans: PlanTable, input: SoftInput): number {
  const last = plans.frontier.rows.length - 1;
  const bySpend =
    input.spendPerSession === Infinity
      ? last
      : positionForBudget(plans.frontier, plans.values, input.mix, input.spendPerSession).position;
  return Math.min(bySpend, positionForHold(plans, input, Math.ceil(bySpend)));
}

/** Where what a session's holds come to first meets what can be held; looked for up to `lastRow`. */
function positionForHold(plans: PlanTable, input: SoftInput, lastRow: number): number {
  let below = holdsAt(plans, input, 0).held;
  if (below > input.holdPerSession) return 0;
  for (let row = 1; row <= lastRow; row += 1) {
    const above = holdsAt(plans, input, row).held;
    if (above > input.holdPerSession) return row - 1 + (input.holdPerSession - below) / (above - below);
    below = above;
  }
  return lastRow;
}

/** Per session on the mix: what is held (face and send), the face values among it, and what of these is redeemed. */
function holdsAt(
  plans: PlanTable,
  input: SoftInput,
  position: number,
): { readonly held: number; readonly faces: number; readonly redeemed: number } {
  let held = 0;
  let faces = 0;
  let redeemed = 0;
  let total = 0;
  input.mix.forEach((weight, cluster) => {
    total += weight;
    sharesAt(plans.frontier, position, cluster).forEach((share, index) => {
      const arm = input.arms[index];
      if (arm === undefined) return;
      const face = weight * share * Number(arm.faceMinor);
      held += face + weight * share * Number(arm.sendMinor);
      faces += face;
      redeemed += face * itemAt(itemAt(plans.values.redemption, cluster), index);
    });
  });
  const scale = total > 0 ? 1 / total : 0;
  return { held: held * scale, faces: faces * scale, redeemed: redeemed * scale };
}

function redemptionAt(plans: PlanTable, input: SoftInput, position: number): number {
  const { faces, redeemed } = holdsAt(plans, input, position);
  return faces > 0 ? redeemed / faces : 1;
}

/** The same for exploration, which draws every arm alike. */
export function uniformRedemption(plans: PlanTable, arms: readonly Arm[], mix: readonly number[]): number {
  let faces = 0;
  let redeemed = 0;
  mix.forEach((weight, cluster) =>
    arms.forEach((arm, index) => {
      faces += weight * Number(arm.faceMinor);
      redeemed += weight * Number(arm.faceMinor) * itemAt(itemAt(plans.values.redemption, cluster), index);
    }),
  );
  return faces > 0 ? redeemed / faces : 1;
}
