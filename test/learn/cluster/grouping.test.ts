import { expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";
import { CLUSTER_OPTIONS } from "../../../src/learn/cluster/cluster.ts";
import { groupRows, seldomUsed } from "../../../src/learn/cluster/grouping.ts";
import type { Effects, Representation } from "../../../src/learn/nouns.ts";
import { useBackend } from "../../../src/learn/represent/network/tensorflow.ts";
import { madeUpLog } from "../memory-dataset.ts";

test("a cluster is seldom used with fewer rows than asked for, and at least one row is always asked for", () => {
  expect(seldomUsed([0, 0, 0, 2, 2, 3], 5, 2)).toEqual([1, 3, 4]);
  expect(seldomUsed([0, 0, 2], 3, 0)).toEqual([1]);
  expect(seldomUsed([0, 1], 2, 10)).toEqual([]);
});

/** Says of each row what the made-up log says, or what it says of a row drawn by chance. */
function representationOf(truth: Effects, arms: number, rowFor: (row: number) => number): Representation {
  const pick = (x: Float32Array, values: Float32Array): Float32Array =>
    Float32Array.from(
      { length: x.length * arms },
      (_, at) => values[rowFor(x[Math.floor(at / arms)] ?? 0) * arms + (at % arms)] ?? 0,
    );
  const effects = (x: Float32Array): Effects => ({
    reward: pick(x, truth.reward),
    cost: pick(x, truth.cost),
    redemption: pick(x, truth.redemption),
  });
  return {
    arms,
    hiddenWidth: 1,
    hidden: (x) => x,
    effects,
    effectsWithout: (_, x) => effects(x),
    curves: [],
    bestEpochs: [1, 1, 1, 1],
    treeRounds: [],
    treesWeight: null,
    calibration: null,
    dispose: () => undefined,
  };
}

test("clusters that the features cannot tell apart are given up, until the student says every one that is left", async () => {
  await useBackend("wasm");
  const { dataset, truth, arms, n } = madeUpLog(6000, 5);
  const random = seededRandom("who is who");
  const strangers = Array.from({ length: n }, () => random.below(n));
  const grouping = await groupRows({
    dataset,
    representation: representationOf(truth, arms, (row) => strangers[row] ?? 0),
    cluster: { ...CLUSTER_OPTIONS, candidates: [12], rounds: 4 },
    student: { maxEpochs: 6, patience: 2 },
    sample: { fit: 4000, student: 5000, policy: 1000 },
    seed: 1,
    progress: () => undefined,
  });
  const { clustering, student, givenUp } = grouping;
  expect(givenUp).toBeGreaterThan(3);
  expect(student.clusters).toBe(clustering.clusters);
  const { x, n: rows } = await dataset.sample(4000, 1);
  expect(seldomUsed(student.classes(x, rows), clustering.clusters, 1)).toEqual([]);
  expect(grouping.warnings.join()).toContain(`${givenUp} segments were given up`);
});
