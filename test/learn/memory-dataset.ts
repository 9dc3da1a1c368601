// A randomised log in memory, drawn from made-up effects: a Dataset without files, for the tests of the later steps.

import { seededRandom } from "../../src/domain/random.ts";
import { FOLDS, type Block, type Dataset, type Effects } from "../../src/learn/nouns.ts";
import { FACES, ladderEffects } from "./worlds.ts";

export interface MadeUp {
  readonly dataset: Dataset;
  readonly truth: Effects;
  readonly n: number;
  readonly arms: number;
  /** All rows; the only feature is the row's number, so that any classifier can look its row up. */
  readonly rows: Block;
}

export function madeUpLog(n: number, seed: number, faces: readonly number[] = FACES): MadeUp {
  const truth = ladderEffects(n, seed, faces);
  const random = seededRandom(`log ${seed}`);
  const arms = faces.length;
  const rows = {
    n,
    x: Float32Array.from({ length: n }, (_, row) => row),
    fold: Uint8Array.from({ length: n }, (_, row) => row % FOLDS),
    arm: new Uint8Array(n),
    propensity: new Float32Array(n).fill(1 / arms),
    rewards: new Float32Array(n),
    redeemed: new Float32Array(n),
    cost: new Float32Array(n),
  };
  for (let row = 0; row < n; row += 1) {
    const arm = random.below(arms);
    rows.arm[row] = arm;
    const cell = row * arms + arm;
    const order = (truth.reward[cell] ?? 0) / 2500;
    const ordered = random.unit() < order;
    rows.rewards[row] = ordered ? 2500 : 0;
    const rate = (truth.redemption[cell] ?? 0) / Math.max(order, 1e-9);
    rows.redeemed[row] = faces[arm] !== 0 && ordered && random.unit() < rate ? 1 : 0;
    rows.cost[row] = (faces[arm] ?? 0) * (rows.redeemed[row] ?? 0);
  }
  return { dataset: datasetOf(rows, faces), truth, n, arms, rows };
}

function datasetOf(rows: Block, faces: readonly number[]): Dataset {
  return {
    spec: { features: [{ name: "row", kind: "numeric", default: 0 }] },
    width: 1,
    arms: faces.map((face) => `arm-${face}`),
    tasks: {
      rewards: [{ name: "basket", weight: 1, kind: "amount" }],
      cost: { kind: "redeemed", faceMinor: faces, sendMinor: faces.map(() => 0), givenReward: 0 },
      dose: faces,
    },
    rows: rows.n,
    rowsOfArm: faces.map((_, arm) => rows.arm.filter((each) => each === arm).length),
    badRows: 0,
    sources: [],
    randomisation: { tested: null, told: [], failed: [] },
    warnings: [],
    async *blocks(size) {
      for (let at = 0; at < rows.n; at += size) yield slice(rows, at, Math.min(rows.n, at + size));
    },
    sample: (max) => Promise.resolve(slice(rows, 0, Math.min(rows.n, max))),
    close: () => Promise.resolve(),
  };
}

function slice(rows: Block, from: number, to: number): Block {
  return {
    n: to - from,
    x: rows.x.subarray(from, to),
    fold: rows.fold.subarray(from, to),
    arm: rows.arm.subarray(from, to),
    propensity: rows.propensity.subarray(from, to),
    rewards: rows.rewards.subarray(from, to),
    redeemed: rows.redeemed?.subarray(from, to) ?? null,
    cost: rows.cost.subarray(from, to),
  };
}
