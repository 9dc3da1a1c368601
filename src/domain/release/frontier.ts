// Frontier
// Reads a release's frontier: shares, expected reward and spend at a position, and the position for a budget.
// A position is a row index plus the fraction of the way to the next row. Both neighbouring rows are mixed linearly, and
// so are their reward and spend: a grid of twenty plans serves any budget between the first and the last exactly.
//
// Invariants:
//   1. Shares at any position sum to 1 and arm by arm lie between the two rows' shares.
//   2. `positionForBudget` rises with the budget, and expected spend up to that position never passes the budget.
//   3. Every mix of clusters serves: a mix is counts or shares, normalised here.

import { assert, itemAt, must } from "../assert.ts";
import type { ClusterValues, Frontier, PlanRow } from "./release.ts";

/** Per session. */
export interface Expected {
  readonly reward: number;
  /** Minor units. */
  readonly cost: number;
}

/** Share of each arm for the cluster's sessions; written into `out` where given, so that a hot loop allocates nothing. */
export function sharesAt(frontier: Frontier, position: number, cluster: number, out: number[] = []): number[] {
  const last = frontier.rows.length - 1;
  const clamped = clampPosition(position, last);
  const index = Math.floor(clamped);
  const fraction = clamped - index;
  const low = stepsOf(rowAt(frontier, index), cluster);
  const high = fraction > 0 ? stepsOf(rowAt(frontier, index + 1), cluster) : low;
  out.length = low.length;
  for (let arm = 0; arm < low.length; arm += 1) {
    const a = itemAt(low, arm);
    const b = itemAt(high, arm);
    out[arm] = (a + (b - a) * fraction) / frontier.steps;
  }
  return out;
}

/** A trained mix counts as much as so many sessions that came. */
const PRIOR_SESSIONS = 200;

/** The clusters that came, steadied by the mix that the release was trained on. */
export function liveMix(values: ClusterValues, sessionsByCluster: readonly number[]): number[] {
  return values.mix.map((share, cluster) => share * PRIOR_SESSIONS + (sessionsByCluster[cluster] ?? 0));
}

/** Expected reward and spend of a session on the mix of clusters at the position. */
export function expectedAt(
  frontier: Frontier,
  values: ClusterValues,
  mix: readonly number[],
  position: number,
): Expected {
  const clamped = clampPosition(position, frontier.rows.length - 1);
  const index = Math.floor(clamped);
  const fraction = clamped - index;
  const low = expectedOfRow(frontier, values, mix, index);
  if (fraction === 0) return low;
  const high = expectedOfRow(frontier, values, mix, index + 1);
  return {
    reward: low.reward + (high.reward - low.reward) * fraction,
    cost: low.cost + (high.cost - low.cost) * fraction,
  };
}

/** Expected reward and spend of a session on the mix of clusters under one row of the frontier. */
export function expectedOfRow(
  frontier: Frontier,
  values: ClusterValues,
  mix: readonly number[],
  index: number,
): Expected {
  const row = rowAt(frontier, index);
  assert(mix.length === row.shares.length, `a mix of ${mix.length} clusters for a plan of ${row.shares.length}`);
  let reward = 0;
  let cost = 0;
  let total = 0;
  for (let cluster = 0; cluster < mix.length; cluster += 1) {
    const weight = itemAt(mix, cluster);
    if (!(weight > 0)) continue;
    total += weight;
    const steps = stepsOf(row, cluster);
    const rewards = must(values.reward[cluster], "the cluster's rewards");
    const costs = must(values.cost[cluster], "the cluster's costs");
    for (let arm = 0; arm < steps.length; arm += 1) {
      const share = itemAt(steps, arm);
      if (share === 0) continue;
      reward += weight * share * itemAt(rewards, arm);
      cost += weight * share * itemAt(costs, arm);
    }
  }
  const scale = total > 0 ? 1 / (total * frontier.steps) : 0;
  return { reward: reward * scale, cost: cost * scale };
}

/**
 * How far up the frontier a budget per session reaches on the mix: the position at which expected spend first meets the
 * budget, the last row when it never does. The shadow price is the rows' own, mixed by the same fraction.
 */
export function positionForBudget(
  frontier: Frontier,
  values: ClusterValues,
  mix: readonly number[],
  budgetPerSession: number,
): { position: number; shadowPrice: number } {
  assert(!Number.isNaN(budgetPerSession), "a budget per session must be a number");
  const position = firstCrossing(frontier, values, mix, Math.max(0, budgetPerSession));
  return { position, shadowPrice: shadowPriceAt(frontier, position) };
}

/** Marginal reward per minor unit at the position. */
export function shadowPriceAt(frontier: Frontier, position: number): number {
  const clamped = clampPosition(position, frontier.rows.length - 1);
  const index = Math.floor(clamped);
  const low = rowAt(frontier, index).shadowPrice;
  if (clamped === index) return low;
  return low + (rowAt(frontier, index + 1).shadowPrice - low) * (clamped - index);
}

/** On another mix than the plan's own, spend need not rise from row to row; only the way up to the first crossing is safe. */
function firstCrossing(frontier: Frontier, values: ClusterValues, mix: readonly number[], budget: number): number {
  let below = expectedOfRow(frontier, values, mix, 0).cost;
  if (below > budget) return 0;
  for (let index = 1; index < frontier.rows.length; index += 1) {
    const above = expectedOfRow(frontier, values, mix, index).cost;
    if (above > budget) return index - 1 + (budget - below) / (above - below);
    below = above;
  }
  return frontier.rows.length - 1;
}

function clampPosition(position: number, last: number): number {
  assert(!Number.isNaN(position), "a position on the frontier must be a number");
  return Math.min(Math.max(position, 0), last);
}

function rowAt(frontier: Frontier, index: number): PlanRow {
  return must(frontier.rows[index], `row ${index} of the frontier`);
}

function stepsOf(row: PlanRow, cluster: number): readonly number[] {
  return must(row.shares[cluster], `cluster ${cluster} of the plan`);
}
