// Judge
// Values releases on one log, budget by budget: what each plan would bring, beside each arm for all and beside one mix for all
// that spends the same. All are measured on the same bootstrap draws. Pure: the rows have been summed by cluster and arm
// (grouped.ts).

import { itemAt, must } from "../../domain/assert.ts";
import {
  expectedAt,
  expectedOfRow,
  positionForBudget,
  sharesAt,
  type Expected,
} from "../../domain/release/frontier.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import { rankArms, type ArmRanking } from "./arm-ranking.ts";
import type { BootstrapOptions, Interval } from "./bootstrap.ts";
import { joinSums, oneArm, sameForAll, sumGroupPolicies, type GroupedRows } from "./grouped.ts";
import { envelopeOf, mixThatSpends } from "./one-mix.ts";
import {
  measurePolicies,
  policyTotals,
  type MeasuredPolicies,
  type PolicySums,
  type PolicyValue,
} from "./policy-value.ts";

export interface JudgedRelease {
  /** How people call it. */
  readonly label: string;
  readonly hash: string;
  readonly manifest: ReleaseManifest;
  /** The log's rows by its clusters. */
  readonly grouped: GroupedRows;
}

export interface JudgeInput {
  /** In the releases' order. */
  readonly arms: readonly string[];
  /** All rows as one group. */
  readonly everybody: GroupedRows;
  /** What was served, where it is known: one policy after the control. */
  readonly served: PolicySums | null;
  readonly releases: readonly JudgedRelease[];
  /** Points of the grid of budgets, besides none. */
  readonly budgets: number;
  /** Minor units that one of the reward is worth; null where nobody said. */
  readonly worth: number | null;
  readonly options: BootstrapOptions;
}

export interface Judged {
  readonly rows: number;
  readonly arms: readonly { readonly arm: string; readonly value: PolicyValue | null }[];
  readonly served: PolicyValue | null;
  readonly releases: readonly ReleaseJudgement[];
}

export interface ReleaseJudgement {
  readonly label: string;
  readonly hash: string;
  /** Share of the log's rows in each cluster. */
  readonly mix: readonly number[];
  readonly budgets: readonly BudgetJudgement[];
  /** AUCC and Qini of each arm against the control. */
  readonly ranking: readonly ArmRanking[];
}

/** Per row of the log; money in minor units. */
export interface BudgetJudgement {
  readonly budgetPerSession: number;
  /** Position on the frontier. */
  readonly position: number;
  readonly shadowPrice: number;
  /** What the release expects on the log's mix of clusters. */
  readonly expected: Expected;
  readonly value: PolicyValue | null;
  readonly oneMix: { readonly shares: readonly number[]; readonly value: PolicyValue | null };
  /** Reward minus the one mix's, paired; null, as below, where too few rows speak for one of the two. */
  readonly overOneMix: Interval | null;
  /** Likewise; null for the first release itself. */
  readonly overFirst: Interval | null;
  /** Likewise; null where nothing was served, as on a table. */
  readonly overServed: Interval | null;
}

type Budget = Pick<BudgetJudgement, "budgetPerSession" | "position" | "shadowPrice" | "expected">;

/**
 * Rows of equal weight below which no figure is given: a bootstrap of fewer knows neither a mean nor how far it may be off.
 * Nothing can be said of anything where so few rows speak for the control.
 */
export const FEWEST_SPEAKING = 30;

/** Its policies are the plans of all budgets, then the one mixes of all budgets, after the control. */
interface Grid {
  readonly mix: readonly number[];
  readonly budgets: readonly Budget[];
  readonly oneMixes: readonly (readonly number[])[];
  readonly sums: PolicySums;
}

export function judgePolicies({ arms, everybody, served, releases, budgets, worth, options }: JudgeInput): Judged {
  const armSums = sumGroupPolicies(
    everybody,
    arms.map((name, arm) => ({ name, shares: [oneArm(arms.length, arm)] })),
  );
  const armCosts = arms.map((_, arm) => policyTotals(armSums, arm + 1).cost);
  const top = Math.max(0, ...releases.map(dearest));
  const grids = releases.map((release) => gridOf(release, armCosts, top, budgets));
  const parts = [armSums, ...(served ? [served] : []), ...grids.map(({ sums }) => sums)];
  const measured = withEnoughRows(measurePolicies(joinSums(parts), options, worth));
  const servedAt = served ? 1 + arms.length : null;
  const places = { firstPlan: 1 + arms.length + (served ? 1 : 0), servedAt };
  return {
    rows: policyTotals(armSums, 0).rows,
    arms: arms.map((arm, index) => ({ arm, value: measured.values[1 + index] ?? null })),
    served: servedAt === null ? null : (measured.values[servedAt] ?? null),
    releases: releases.map(({ label, hash, manifest, grouped }, index) => {
      const grid = must(grids[index], "a release's grid");
      return {
        label,
        hash,
        mix: grid.mix,
        budgets: budgetsOf(grid, index, measured, places),
        ranking: rankArms(grouped, manifest.values, arms, options).map((each, arm) =>
          withWhatIsKnown(each, measured.values[2 + arm] ?? null),
        ),
      };
    }),
  };
}

/**
 * Nothing where too few rows speak for the arm. Where it is not told to bring more than the control, the rectangle that AUCC
 * is a part of may have no height: then the part is of nothing.
 */
export function withWhatIsKnown(ranking: ArmRanking, forAll: PolicyValue | null): ArmRanking {
  if (forAll === null || forAll.effectiveRows < FEWEST_SPEAKING)
    return { ...ranking, aucc: null, qini: null, curve: [] };
  return forAll.incremental.low > 0 ? ranking : { ...ranking, aucc: null };
}

interface Judgeable {
  readonly values: readonly (PolicyValue | null)[];
  difference(a: number, b: number): Interval | null;
}

function withEnoughRows(measured: MeasuredPolicies): Judgeable {
  const speaks = measured.values.map((value) => value !== null && value.effectiveRows >= FEWEST_SPEAKING);
  const values = measured.values.map((value, at) => (speaks[0] === true && speaks[at] === true ? value : null));
  return {
    values,
    difference: (a, b) => (values[a] && values[b] ? measured.difference(a, b).reward : null),
  };
}

/** What the dearest row of the release's frontier is expected to spend on the log's mix. */
function dearest({ manifest: { frontier, values }, grouped }: JudgedRelease): number {
  const mix = mixOf(grouped);
  return Math.max(...frontier.rows.map((_, index) => expectedOfRow(frontier, values, mix, index).cost));
}

function mixOf({ counts }: GroupedRows): number[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return Array.from(counts, (count) => count / rows);
}

/**
 * The one mix is chosen without a look at the log's outcomes, or chance would choose it: the arms on its way up are those that
 * the release itself estimates to be worth it over all users. Only how far up it goes is measured: until it spends on these
 * rows what the plan spends on them.
 */
function gridOf({ manifest, grouped }: JudgedRelease, armCosts: readonly number[], top: number, points: number): Grid {
  const { frontier, values } = manifest;
  const mix = mixOf(grouped);
  const budgets = Array.from({ length: points }, (_, index): Budget => {
    const budgetPerSession = (top * (index + 1)) / points;
    const { position, shadowPrice } = positionForBudget(frontier, values, mix, budgetPerSession);
    return { budgetPerSession, position, shadowPrice, expected: expectedAt(frontier, values, mix, position) };
  });
  const plans = budgets.map(({ position }, index) => ({
    name: `plan ${index}`,
    shares: mix.map((_, cluster) => sharesAt(frontier, position, cluster)),
  }));
  const planSums = sumGroupPolicies(grouped, plans);
  const path = envelopeOf(armCosts.map((_, arm) => expectedOfArm(manifest, mix, arm)));
  const oneMixes = budgets.map((_, index) => mixThatSpends(path, armCosts, policyTotals(planSums, index + 1).cost));
  const mixSums = sumGroupPolicies(
    grouped,
    oneMixes.map((shares, index) => ({ name: `one mix ${index}`, shares: sameForAll(mix.length, shares) })),
  );
  return { mix, budgets, oneMixes, sums: joinSums([planSums, mixSums]) };
}

/** What the release expects of the arm for all. */
function expectedOfArm({ values }: ReleaseManifest, mix: readonly number[], arm: number): Expected {
  const mean = (table: readonly (readonly number[])[]): number =>
    mix.reduce((sum, share, cluster) => sum + share * itemAt(itemAt(table, cluster), arm), 0);
  return { reward: mean(values.reward), cost: mean(values.cost) };
}

/** Where the joined policies are: each release has as many plans as budgets, and then as many mixes. */
interface Places {
  readonly firstPlan: number;
  readonly servedAt: number | null;
}

function budgetsOf(grid: Grid, release: number, measured: Judgeable, places: Places): BudgetJudgement[] {
  const points = grid.budgets.length;
  return grid.budgets.map((budget, index) => {
    const first = places.firstPlan + index;
    const plan = first + 2 * points * release;
    const mix = plan + points;
    const over = (other: number): Interval | null => measured.difference(plan, other);
    return {
      ...budget,
      value: measured.values[plan] ?? null,
      oneMix: { shares: must(grid.oneMixes[index], "one mix"), value: measured.values[mix] ?? null },
      overOneMix: over(mix),
      overFirst: release === 0 ? null : over(first),
      overServed: places.servedAt === null ? null : over(places.servedAt),
    };
  });
}
