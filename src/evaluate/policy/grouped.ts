// Grouped rows
// Sums by lot, group and arm, where a policy gives all rows of a group the same shares (a release's clusters): one pass
// over the rows, and afterwards any plan, any budget and any curve from the sums alone. What is kept does not grow with
// the rows, only with lots × groups × arms.
//
// Invariant: a policy summed here equals the same policy summed row by row (policy-value.ts), but for rounding.

import { assert, must } from "../../domain/assert.ts";
import { emptyLots, type LotSums } from "./bootstrap.ts";
import { CONTROL, PER_POLICY, type PolicySums } from "./policy-value.ts";

export interface GroupedRows {
  readonly groups: number;
  readonly arms: number;
  /** Column 0: rows. Then for each group and arm Σ 1/p, Σ reward/p, Σ cost/p, as `cellAt` says. */
  readonly sums: LotSums;
  /** Σ 1/p² of each group and arm. */
  readonly squares: Float64Array;
  /** Rows of each group. */
  readonly counts: Float64Array;
}

export interface GroupedRow {
  readonly lot: number;
  readonly group: number;
  readonly arm: number;
  /** Of the arm given; in (0, 1]. */
  readonly propensity: number;
  readonly reward: number;
  readonly cost: number;
}

/** Shares of the arms by group. */
export interface GroupPolicy {
  readonly name: string;
  readonly shares: readonly (readonly number[])[];
}

const PER_CELL = 3;

export function emptyGroups(groups: number, arms: number, lots: number): GroupedRows {
  const cells = groups * arms;
  return {
    groups,
    arms,
    sums: emptyLots(lots, 1 + PER_CELL * cells),
    squares: new Float64Array(cells),
    counts: new Float64Array(groups),
  };
}

export function addRow(grouped: GroupedRows, { lot, group, arm, propensity, reward, cost }: GroupedRow): void {
  assert(group >= 0 && group < grouped.groups && arm >= 0 && arm < grouped.arms, `group ${group}, arm ${arm}`);
  assert(propensity > 0 && propensity <= 1, `propensity ${propensity} is outside (0, 1]`);
  const { values, columns } = grouped.sums;
  const base = lot * columns;
  const cell = group * grouped.arms + arm;
  const at = base + cellAt(cell);
  const weight = 1 / propensity;
  values[base]! += 1;
  values[at]! += weight;
  values[at + 1]! += weight * reward;
  values[at + 2]! += weight * cost;
  grouped.squares[cell]! += weight * weight;
  grouped.counts[group]! += 1;
}

/** First column of a cell, group × arms + arm. */
export function cellAt(cell: number): number {
  return 1 + PER_CELL * cell;
}

/** The sums of policies, the control for all before them. */
export function sumGroupPolicies(grouped: GroupedRows, policies: readonly GroupPolicy[]): PolicySums {
  const { groups, arms } = grouped;
  const control: GroupPolicy = { name: CONTROL, shares: sameForAll(groups, oneArm(arms, 0)) };
  const all = [control, ...policies];
  const { lots, values: from, columns: width } = grouped.sums;
  const sums = emptyLots(lots, 1 + PER_POLICY * all.length);
  const { values, columns } = sums;
  for (let lot = 0; lot < lots; lot += 1) values[lot * columns] = from[lot * width]!;
  const squares = Float64Array.from(all, ({ shares }, index) => {
    let square = 0;
    forCells(shares, arms, (cell, share) => {
      square += share * share * grouped.squares[cell]!;
      for (let lot = 0; lot < lots; lot += 1)
        for (let column = 0; column < PER_POLICY; column += 1) {
          const at = lot * columns + 1 + PER_POLICY * index + column;
          values[at]! += share * from[lot * width + cellAt(cell) + column]!;
        }
    });
    return square;
  });
  return { names: all.map(({ name }) => name), sums, squares };
}

/** The policies of several groupings of the same rows in the same lots (one a release), to be drawn together. */
export function joinSums(parts: readonly PolicySums[]): PolicySums {
  const first = must(parts[0], "a grouping");
  const { lots } = first.sums;
  const rest = parts.map(({ sums, names, squares }) => {
    assert(sums.lots === lots, "policies that are compared need the same lots");
    return { sums, names: names.slice(1), squares: squares.subarray(1) };
  });
  const shared = 1 + PER_POLICY;
  const sums = emptyLots(lots, shared + rest.reduce((width, part) => width + part.sums.columns - shared, 0));
  for (let lot = 0; lot < lots; lot += 1) {
    const row = (part: LotSums): Float64Array => part.values.subarray(lot * part.columns, (lot + 1) * part.columns);
    let at = lot * sums.columns;
    sums.values.set(row(first.sums).subarray(0, shared), at);
    at += shared;
    for (const part of rest) {
      const columns = row(part.sums).subarray(shared);
      sums.values.set(columns, at);
      at += columns.length;
    }
  }
  return {
    names: [must(first.names[0], "the control"), ...rest.flatMap(({ names }) => names)],
    sums,
    squares: Float64Array.from([first.squares[0]!, ...rest.flatMap(({ squares }) => [...squares])]),
  };
}

export function sameForAll(groups: number, shares: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: groups }, () => shares);
}

export function oneArm(arms: number, arm: number): number[] {
  return Array.from({ length: arms }, (_, other) => (other === arm ? 1 : 0));
}

function forCells(
  shares: readonly (readonly number[])[],
  arms: number,
  visit: (cell: number, share: number) => void,
): void {
  shares.forEach((row, group) =>
    row.forEach((share, arm) => {
      if (share !== 0) visit(group * arms + arm, share);
    }),
  );
}
