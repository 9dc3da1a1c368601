import { describe, expect, test } from "vitest";
import { CLUSTER_OPTIONS, clusterRows, keptByGroups } from "../../../src/learn/cluster/cluster.ts";
import type { Seen } from "../../../src/learn/cluster/partition.ts";
import { bestAt, envelope, fullSpend, keptShare } from "../../../src/learn/plan/envelope.ts";
import { FACES, ladderEffects } from "../worlds.ts";

const quiet = (): void => undefined;
const seen = (n: number, seed: number): Seen => {
  const effects = ladderEffects(n, seed);
  return { n, effects, hidden: effects.reward };
};

describe("the envelope", () => {
  const curve = envelope({
    n: 2,
    arms: 3,
    reward: [0, 4, 5, 0, 1, 6],
    cost: [0, 1, 3, 0, 2, 3],
    weight: null,
  });
  test("by hand: the steepest steps first, dominated arms never", () => {
    expect([...curve.cost]).toEqual([0, 0.5, 2, 3]);
    expect([...curve.reward]).toEqual([0, 2, 5, 5.5]);
    expect([...curve.price]).toEqual([4, 2, 0.5, 0]);
    expect(fullSpend(curve)).toBe(3);
  });
  test("between two points it is linear, and it stops where money buys nothing", () => {
    expect(bestAt(curve, 1.25)).toEqual({ reward: 3.5, cost: 1.25, price: 2 });
    expect(bestAt(curve, 99)).toEqual({ reward: 5.5, cost: 3, price: 0 });
    expect(bestAt(curve, 0)).toEqual({ reward: 0, cost: 0, price: 4 });
  });
  test("a free better arm is taken at budget 0, and is part of the gain", () => {
    const free = envelope({ n: 1, arms: 2, reward: [1, 3], cost: [0, 0], weight: null });
    expect(bestAt(free, 0).reward - free.controlReward).toBe(2);
  });
  test("a policy keeps all of itself", () => {
    expect(keptShare(curve, curve, [0.5, 1, 2])).toBe(1);
  });
});

describe("clusters by decision regret", () => {
  const fit = seen(20_000, 1);
  const check = seen(10_000, 2);
  const made = clusterRows(fit, check, FACES.length, CLUSTER_OPTIONS, 7, quiet);

  test("keep 99.5 % of the network's own incremental reward on rows they have not seen", () => {
    expect(made.kept).toBeGreaterThanOrEqual(0.995);
    expect(keptByGroups(made.assign(check), made.clusters, check, FACES.length)).toBe(made.kept);
  });
  test("K is the smallest candidate that does", () => {
    expect(made.tried.slice(0, -1).every((each) => each.kept < 0.995)).toBe(true);
    expect(made.tried.map((each) => each.candidate)).toEqual([10, 20, 50, 100].slice(0, made.tried.length));
  });
  test("no group of the fit is empty or tiny", () => {
    const sizes = Array.from({ length: made.clusters }, () => 0);
    for (const label of made.assign(fit)) sizes[label] = (sizes[label] ?? 0) + 1;
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(20);
  });
  test("the same rows and seed give the same groups", () => {
    const again = clusterRows(fit, check, FACES.length, CLUSTER_OPTIONS, 7, quiet);
    expect(again.assign(check)).toEqual(made.assign(check));
  });
  test("keep more than k-means on the profile, and that more than k-means on the hidden layer", () => {
    const kept = (method: "hidden" | "profile" | "regret"): number =>
      clusterRows(fit, check, FACES.length, { ...CLUSTER_OPTIONS, method, candidates: [10] }, 7, quiet).kept;
    const [regret, profile, hidden] = [kept("regret"), kept("profile"), kept("hidden")];
    expect(regret).toBeGreaterThan(profile);
    expect(profile).toBeGreaterThan(hidden);
  });
  test("a group taken away leaves its rows to the others", () => {
    const less = made.without([0]);
    expect(less.clusters).toBe(made.clusters - 1);
    expect(Math.max(...less.assign(check))).toBe(less.clusters - 1);
  });
});

describe("groups divided by expected cost", () => {
  const arms = FACES.length;
  const fit = seen(20_000, 1);
  const costOf = ({ effects }: Seen, row: number): number =>
    effects.cost.subarray(row * arms, (row + 1) * arms).reduce((sum, cost) => sum + cost, 0);
  const made = (costLevels: number) =>
    clusterRows(fit, fit, arms, { ...CLUSTER_OPTIONS, candidates: [10], costLevels }, 7, quiet);

  test("know by the mix alone what other people cost, where groups by the decision alone are far off", () => {
    // Of other people, those who cost more than most: as a campaign meets when the season changes.
    const all = seen(20_000, 3);
    const usual = [...Array(fit.n).keys()].map((row) => costOf(fit, row)).sort((a, b) => a - b)[fit.n / 2]!;
    const rows = [...Array(all.n).keys()].filter((row) => costOf(all, row) > usual || row % 4 === 0);
    const pick = (values: Float32Array): Float32Array =>
      Float32Array.from(
        { length: rows.length * arms },
        (_, at) => values[rows[Math.floor(at / arms)]! * arms + (at % arms)]!,
      );
    const { reward, cost, redemption } = all.effects;
    const others = {
      n: rows.length,
      effects: { reward: pick(reward), cost: pick(cost), redemption: pick(redemption) },
      hidden: null,
    };
    const off = (costLevels: number): number => {
      const clustering = made(costLevels);
      const labels = clustering.assign(fit);
      const [sums, sizes] = [new Float64Array(clustering.clusters), new Float64Array(clustering.clusters)];
      labels.forEach((group, row) => {
        sums[group]! += costOf(fit, row);
        sizes[group]! += 1;
      });
      let [told, right] = [0, 0];
      clustering.assign(others).forEach((group, row) => {
        told += sums[group]! / sizes[group]!;
        right += costOf(others, row);
      });
      return Math.abs(told / right - 1);
    };
    expect(off(1)).toBeGreaterThan(0.05);
    expect(off(3)).toBeLessThan(off(1) / 2);
  });
  test("are parts of the groups by the decision, and a level that is taken away goes to its neighbour", () => {
    const [whole, parts] = [made(1).assign(fit), made(3)];
    const labels = parts.assign(fit);
    const wholeOf = new Map<number, Set<number>>();
    labels.forEach((part, row) => wholeOf.set(part, (wholeOf.get(part) ?? new Set()).add(whole[row]!)));
    expect([...wholeOf.values()].every((groups) => groups.size === 1)).toBe(true);
    const less = parts.without([1]);
    expect(less.clusters).toBe(parts.clusters - 1);
    less.assign(fit).forEach((part, row) => {
      const before = labels[row]!;
      expect(part).toBe(before <= 1 ? 0 : before - 1);
    });
  });
  test("and one that is taken away whole leaves its rows to the other groups", () => {
    const parts = made(3);
    const labels = parts.assign(fit);
    const whole = made(1).assign(fit);
    const own = new Set([...labels].filter((_, row) => whole[row] === 0));
    const less = parts.without([...own]);
    expect(less.clusters).toBe(parts.clusters - own.size);
    expect(Math.max(...less.assign(fit))).toBe(less.clusters - 1);
  });
});

test("users who all want the same make one group", () => {
  const n = 500;
  const effects = {
    reward: Float32Array.from({ length: n * 2 }, (_, at) => at % 2),
    cost: Float32Array.from({ length: n * 2 }, (_, at) => (at % 2) * 10),
    redemption: new Float32Array(n * 2),
  };
  const rows = { n, effects, hidden: null };
  const made = clusterRows(rows, rows, 2, CLUSTER_OPTIONS, 1, quiet);
  expect(made.clusters).toBe(1);
  expect(made.kept).toBeCloseTo(1, 6);
});
