// Curves
// How well scores rank users for one arm against the control, on a randomised log. Both measures, the area under the cost curve
// (AUCC) and Qini, treat the users with the highest scores first. Neither says which arm a user should get: to compare policies
// with several arms use policy-value.ts.

import type { LoggedRows } from "./logged.ts";

/** Of users with the same score, sums over the rows that got the arm and that got the control. */
export interface ScoredGroup {
  readonly score: number;
  readonly treated: CurveSums;
  readonly control: CurveSums;
}

export interface CurveSums {
  /** Σ 1/p */
  readonly weight: number;
  /** Σ reward/p */
  readonly reward: number;
  /** Σ cost/p */
  readonly cost: number;
}

export interface RankingPoint {
  /** Share of the users treated. */
  readonly share: number;
  /** Incremental, over all treated so far, in rows of the log. */
  readonly reward: number;
  readonly cost: number;
}

/** Rows that got the arm or the control, by score. */
export function groupByScore(rows: LoggedRows, scores: ArrayLike<number>, arm: number): ScoredGroup[] {
  const groups = new Map<number, { score: number; treated: Sums; control: Sums }>();
  for (let row = 0; row < rows.n; row += 1) {
    const given = rows.arm[row];
    if (given !== arm && given !== 0) continue;
    const score = scores[row] ?? Number.NaN;
    let group = groups.get(score);
    if (group === undefined) {
      group = { score, treated: zeros(), control: zeros() };
      groups.set(score, group);
    }
    const sums = given === arm ? group.treated : group.control;
    const weight = 1 / rows.propensity[row]!;
    sums.weight += weight;
    sums.reward += weight * rows.reward[row]!;
    sums.cost += weight * rows.cost[row]!;
  }
  return [...groups.values()];
}

/**
 * What treating the users so far brought over not treating them, from nobody to everybody, highest score first; a point needs
 * rows of both kinds. With W, R and C the sums of 1/p, reward/p and cost/p over the rows of the arm (t) or the control (c):
 *   ΔR = R_t − R_c × W_t / W_c,   ΔC = C_t − C_c × W_t / W_c.
 * With equal propensities that is Radcliffe's own formula. Users of equal score are one point: within it order is chance.
 */
export function curveOf(groups: readonly ScoredGroup[]): RankingPoint[] {
  const ranked = groups.toSorted((a, b) => b.score - a.score);
  const all = ranked.reduce((sum, group) => sum + group.treated.weight + group.control.weight, 0);
  const treated = zeros();
  const control = zeros();
  const points: RankingPoint[] = [{ share: 0, reward: 0, cost: 0 }];
  ranked.forEach((group, index) => {
    add(treated, group.treated);
    add(control, group.control);
    if (group.score === ranked[index + 1]?.score || treated.weight === 0 || control.weight === 0) return;
    const scale = treated.weight / control.weight;
    points.push({
      share: (treated.weight + control.weight) / all,
      reward: treated.reward - control.reward * scale,
      cost: treated.cost - control.cost * scale,
    });
  });
  return points;
}

/**
 * The area under (ΔC, ΔR) over that of the rectangle from 0 to its end (Du, Lee and Ghaffarizadeh 2019, "Improve user retention
 * with causal learning"). Random order has ½, a better one more. It ranks by reward for money, so its score is uplift in reward
 * over uplift in cost. Null where treating everybody brings no more reward or costs no more: then there is no rectangle.
 */
export function aucc(groups: readonly ScoredGroup[]): number | null {
  const points = curveOf(groups);
  const end = points.at(-1);
  if (end === undefined || !(end.reward > 0) || !(end.cost > 0)) return null;
  return area(points, (point) => point.cost) / (end.reward * end.cost);
}

/**
 * The area between ΔR over the share of users treated and the straight line to its end (Radcliffe 2007, "Using control groups
 * to target on predicted lift"), per user of the log, in the reward's unit. Random order has 0. It does not see costs: its
 * score is the uplift in reward. Null where nobody got the arm or nobody the control.
 */
export function qini(groups: readonly ScoredGroup[]): number | null {
  const points = curveOf(groups);
  const end = points.at(-1);
  if (end === undefined || points.length < 2) return null;
  const treated = groups.reduce((sum, group) => sum + group.treated.weight, 0);
  return (area(points, (point) => point.share) - end.reward / 2) / treated;
}

/** The curve's reward at these shares of the users, per user of the log, straight between its points; NaN where it has none. */
export function upliftAt(groups: readonly ScoredGroup[], shares: readonly number[]): number[] {
  const points = curveOf(groups);
  const treated = groups.reduce((sum, group) => sum + group.treated.weight, 0);
  if (points.length < 2 || !(treated > 0)) return shares.map(() => Number.NaN);
  return shares.map((share) => rewardAt(points, share) / treated);
}

function rewardAt(points: readonly RankingPoint[], share: number): number {
  const next = points.findIndex((point, index) => index > 0 && point.share >= share);
  const above = points[next] ?? points.at(-1);
  const below = points[next - 1] ?? above;
  if (above === undefined || below === undefined || !(above.share > below.share)) return above?.reward ?? Number.NaN;
  return below.reward + ((above.reward - below.reward) * (share - below.share)) / (above.share - below.share);
}

/** Under the reward over something that rises, by trapezes. */
function area(points: readonly RankingPoint[], along: (point: RankingPoint) => number): number {
  let sum = 0;
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before !== undefined) sum += ((along(point) - along(before)) * (point.reward + before.reward)) / 2;
  });
  return sum;
}

interface Sums {
  weight: number;
  reward: number;
  cost: number;
}

function zeros(): Sums {
  return { weight: 0, reward: 0, cost: 0 };
}

function add(sums: Sums, { weight, reward, cost }: CurveSums): void {
  sums.weight += weight;
  sums.reward += reward;
  sums.cost += cost;
}
