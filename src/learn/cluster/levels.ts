// Levels
// Divides groups by what their users are expected to cost. Users of a group want the same incentives at each price, but who
// orders more often also redeems more often. When other users come, such a group costs something else, unseen by a plan that
// is solved again on the live mix of groups; of groups that are alike in cost too, the mix tells it.
//
// Invariant: no level of the rows that it was fitted on has fewer rows than asked for, unless its group has.

import type { Partition, Seen } from "./partition.ts";

/** Cuts each group at quantiles of its users' expected cost, all arms together, into at most `most` levels. */
export function byCostLevel(base: Partition, fit: Seen, arms: number, most: number, minRows: number): Partition {
  const levels = costLevels(fit, arms);
  const members = Array.from({ length: base.clusters }, (): number[] => []);
  base.assign(fit).forEach((group, row) => members[group]!.push(levels[row]!));
  return divided(
    base,
    arms,
    members.map((costs) => cutsOf(Float64Array.from(costs).sort(), most, minRows)),
  );
}

/** `cuts`: rising, for each group of `base`; a user at a cut is above it. */
function divided(base: Partition, arms: number, cuts: readonly (readonly number[])[]): Partition {
  const first: number[] = [];
  let clusters = 0;
  for (const own of cuts) {
    first.push(clusters);
    clusters += own.length + 1;
  }
  return {
    clusters,
    assign: (rows) => {
      const levels = costLevels(rows, arms);
      return base.assign(rows).map((group, row) => {
        const above = cuts[group]!.filter((cut) => levels[row]! >= cut).length;
        return first[group]! + above;
      });
    },
    drop: (groups) => {
      const kept = cuts.map((own, group) =>
        Array.from({ length: own.length + 1 }, (_, level) => level).filter(
          (level) => !groups.has(first[group]! + level),
        ),
      );
      const gone = new Set(kept.flatMap((levels, group) => (levels.length === 0 ? [group] : [])));
      const left = kept.flatMap((levels, group) =>
        gone.has(group) ? [] : [levels.slice(1).map((level) => cuts[group]![level - 1]!)],
      );
      return divided(gone.size === 0 ? base : base.drop(gone), arms, left);
    },
  };
}

/** Of a group's sorted costs. */
function cutsOf(costs: Float64Array, most: number, minRows: number): number[] {
  const cuts: number[] = [];
  let from = 0;
  for (let level = 1; level < most; level += 1) {
    const cut = costs[Math.floor((costs.length * level) / most)]!;
    const at = costs.findIndex((cost) => cost >= cut);
    if (at - from < minRows || costs.length - at < minRows) continue;
    cuts.push(cut);
    from = at;
  }
  return cuts;
}

function costLevels({ n, effects }: Seen, arms: number): Float64Array {
  const levels = new Float64Array(n);
  for (let row = 0; row < n; row += 1)
    for (let arm = 0; arm < arms; arm += 1) levels[row]! += effects.cost[row * arms + arm]!;
  return levels;
}
