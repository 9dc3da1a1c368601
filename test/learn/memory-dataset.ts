// A randomised log in memory, drawn from made-up effects: a Dataset without files, for the tests of the later steps.

import { seededRandom } from "../../src/domain/random.ts";
import type { Block, Dataset, Effects, Split } from "../../src/learn/nouns.ts";
import { FACES, ladderEffects } from "./worlds.ts";

export interface MadeUp {
  readonly dataset: Dataset;
  readonly truth: Effects;
  readonly n: number;
  readonly arms: number;
  /** All rows; the only feature is the row's number, so that any classifier can look its row up. */
  readonly rows: Block;
}

const SHARES: readonly (readonly [Split, number, number])[] = [
  ["train", 0, 0.6],
  ["validate", 0.6, 0.8],
  ["test", 0.8, 1],
];

export function madeUpLog(n: number, seed: number, faces: readonly number[] = FACES): MadeUp {
  const truth = ladderEffects(n, seed, faces);
  const random = seededRandom(`log ${seed}`);
  const arms = faces.length;
  const rows = {
    n,
    x: Float32Array.from({ length: n }, (_, row) => row),
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
    rows.redeemed[row] = ordered && random.unit() < rate ? 1 : 0;
    rows.cost[row] = (faces[arm] ?? 0) * (rows.redeemed[row] ?? 0);
  }
  return { dataset: datasetOf(rows, faces), truth, n, arms, rows };
}

function datasetOf(rows: Block, faces: readonly number[]): Dataset {
  const cut = (share: number): number => Math.round(share * rows.n);
  const range = (split: Split): readonly [number, number] => {
    const found = SHARES.find(([name]) => name === split);
    return found === undefined ? [0, rows.n] : [cut(found[1]), cut(found[2])];
  };
  const count = (split: Split): number => range(split)[1] - range(split)[0];
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
    rowsOf: { all: rows.n, train: count("train"), validate: count("validate"), test: count("test") },
    badRows: 0,
    warnings: [],
    async *blocks(split, size) {
      const [from, to] = range(split);
      for (let at = from; at < to; at += size) yield slice(rows, at, Math.min(to, at + size));
    },
    sample: (split, max) => {
      const [from, to] = range(split);
      return Promise.resolve(slice(rows, from, Math.min(to, from + max)));
    },
    close: () => Promise.resolve(),
  };
}

function slice(rows: Block, from: number, to: number): Block {
  return {
    n: to - from,
    x: rows.x.subarray(from, to),
    arm: rows.arm.subarray(from, to),
    propensity: rows.propensity.subarray(from, to),
    rewards: rows.rewards.subarray(from, to),
    redeemed: rows.redeemed?.subarray(from, to) ?? null,
    cost: rows.cost.subarray(from, to),
  };
}
