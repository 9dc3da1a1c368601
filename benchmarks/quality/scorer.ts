// Scorer
// Judges every method alike, on people whose truth is known: the same knapsack (the arm with the largest R − λC by the
// method's own predictions, or a release's plan by groups), the same budgets.
//
//   share     true incremental reward over that of the best policy at the same true spend
//   error     |true spend / budget − 1| where the method thinks that it spends the budget
//   frozen    the same on a shifted population, with the price (or the plan's row) of the first one
//   resolved  the same there, solved again on the method's view of the shifted population

/** [n, arms] each; money in major units. */
export interface Effects {
  readonly n: number;
  readonly arms: number;
  readonly reward: Float64Array;
  readonly cost: Float64Array;
}

/** A policy at one price or at one row of a plan; per person. */
export interface Point {
  readonly planned: number;
  readonly spend: number;
  readonly reward: number;
  readonly shiftedPlanned: number;
  readonly shiftedSpend: number;
}

export interface Figures {
  readonly share: number;
  readonly error: number;
  readonly frozen: number;
  readonly resolved: number;
  /** Share at each budget. */
  readonly byBudget: readonly number[];
}

/** Budgets as shares of what the dearest arm for all would cost. */
export const BUDGETS = [0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

const PRICES = 220;

/** From far above any ratio of gain to cost down to nothing. */
export function pricesOf(of: Effects): number[] {
  const most = 10 * Math.max(...means(of.reward, of)) + 1e-9;
  const unit = Math.max(...means(of.cost, of)) + 1e-12;
  const prices = Array.from({ length: PRICES }, (_, at) => (most / unit) * 1e-6 ** (at / (PRICES - 1)));
  return [...prices, 0];
}

/** A method that predicts each person. */
export function individualPoints(
  told: { readonly people: Effects; readonly shifted: Effects },
  truth: { readonly people: Effects; readonly shifted: Effects },
): Point[] {
  return pricesOf(told.people).map((price) => {
    const here = atPrice(told.people, truth.people, price);
    const there = atPrice(told.shifted, truth.shifted, price);
    return {
      planned: here.planned,
      spend: here.spend,
      reward: here.reward,
      shiftedPlanned: there.planned,
      shiftedSpend: there.spend,
    };
  });
}

function atPrice(told: Effects, truth: Effects, price: number): Pick<Point, "planned" | "spend" | "reward"> {
  const { n, arms } = told;
  let [planned, spend, reward] = [0, 0, 0];
  for (let row = 0; row < n; row += 1) {
    let best = row * arms;
    let net = told.reward[best]! - price * told.cost[best]!;
    for (let cell = row * arms + 1; cell < (row + 1) * arms; cell += 1) {
      const other = told.reward[cell]! - price * told.cost[cell]!;
      if (other > net) [best, net] = [cell, other];
    }
    planned += told.cost[best]! / n;
    spend += truth.cost[best]! / n;
    reward += truth.reward[best]! / n;
  }
  return { planned, spend, reward };
}

/** A plan by groups: shares of the arms, and what it thinks that they cost and bring, by group. */
export interface GroupPlan {
  /** Rising in spend; [groups][arms] each. */
  readonly steps: readonly (readonly (readonly number[])[])[];
  readonly cost: readonly (readonly number[])[];
  readonly reward: readonly (readonly number[])[];
}

export function groupPoints(
  plan: GroupPlan,
  groups: { readonly people: ArrayLike<number>; readonly shifted: ArrayLike<number> },
  truth: { readonly people: Effects; readonly shifted: Effects },
): Point[] {
  const here = byGroup(truth.people, groups.people, plan.cost.length);
  const there = byGroup(truth.shifted, groups.shifted, plan.cost.length);
  return plan.steps.map((shares) => {
    const total = (each: (group: number, arm: number) => number): number =>
      shares.reduce((sum, row, group) => row.reduce((s, share, arm) => s + share * each(group, arm), sum), 0);
    const planned = (mix: Float64Array): number => total((group, arm) => mix[group]! * plan.cost[group]![arm]!);
    return {
      planned: planned(here.mix),
      spend: total((group, arm) => here.cost[group * here.arms + arm]!),
      reward: total((group, arm) => here.reward[group * here.arms + arm]!),
      shiftedPlanned: planned(there.mix),
      shiftedSpend: total((group, arm) => there.cost[group * there.arms + arm]!),
    };
  });
}

/** Sums of the truth by group, per person of all. */
function byGroup({ n, arms, reward, cost }: Effects, groups: ArrayLike<number>, count: number) {
  const sums = { arms, reward: new Float64Array(count * arms), cost: new Float64Array(count * arms) };
  const mix = new Float64Array(count);
  for (let row = 0; row < n; row += 1) {
    const group = groups[row]!;
    mix[group]! += 1 / n;
    for (let arm = 0; arm < arms; arm += 1) {
      sums.reward[group * arms + arm]! += reward[row * arms + arm]! / n;
      sums.cost[group * arms + arm]! += cost[row * arms + arm]! / n;
    }
  }
  return { ...sums, mix };
}

export function figuresOf(points: readonly Point[], truth: Effects): Figures {
  const best = individualPoints({ people: truth, shifted: truth }, { people: truth, shifted: truth });
  const control = means(truth.reward, truth)[0]!;
  const full = Math.max(...means(truth.cost, truth));
  const at = (of: readonly Point[], x: keyof Point, y: keyof Point, budget: number): number =>
    between(
      of.map((point) => point[x]),
      of.map((point) => point[y]),
      budget,
    );
  const byBudget = BUDGETS.map((share) => {
    const possible = at(best, "spend", "reward", share * full) - control;
    return (at(points, "spend", "reward", share * full) - control) / possible;
  });
  const off = (x: keyof Point, y: keyof Point): number =>
    mean(BUDGETS.map((share) => Math.abs(at(points, x, y, share * full) / (share * full) - 1)));
  return {
    share: mean(byBudget),
    error: off("planned", "spend"),
    frozen: off("planned", "shiftedSpend"),
    resolved: off("shiftedPlanned", "shiftedSpend"),
    byBudget,
  };
}

/** Linear between the points, x never falling; the first and last value outside. */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  let most = -Infinity;
  for (let at = 0; at < xs.length; at += 1) {
    const before = most;
    most = Math.max(most, xs[at]!);
    if (most < x) continue;
    if (at === 0 || most === before) return ys[at]!;
    return ys[at - 1]! + ((ys[at]! - ys[at - 1]!) * (x - before)) / (most - before);
  }
  return ys.at(-1) ?? NaN;
}

function means(values: Float64Array, { n, arms }: Pick<Effects, "n" | "arms">): number[] {
  const sums = Array.from({ length: arms }, () => 0);
  for (let cell = 0; cell < values.length; cell += 1) sums[cell % arms]! += values[cell]! / n;
  return sums;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
