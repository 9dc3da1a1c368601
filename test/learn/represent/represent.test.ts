import { beforeAll, describe, expect, test } from "vitest";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { FOLDS, type Block, type Dataset, type Effects, type Representation } from "../../../src/learn/nouns.ts";
import * as step from "../../../src/learn/represent/network/learning-step.ts";
import * as network from "../../../src/learn/represent/network/network.ts";
import {
  NETWORK_DEFAULTS,
  networkOptions,
  QUICK_NETWORK,
  type NetworkOptions,
} from "../../../src/learn/represent/network/options.ts";
import { trainRepresentation, type Learners, type RepresentOptions } from "../../../src/learn/represent/train.ts";
import { QUICK_TREES, type TreeOptions } from "../../../src/learn/trees/options.ts";
import { useBackend } from "../../../src/learn/represent/network/tensorflow.ts";
import { logCsv, MAPPING, openCsv, ORDER_RATE, REDEEM_RATE, UPLIFT } from "../log-files.ts";

beforeAll(async () => {
  await useBackend("wasm");
});

const ignore = (): void => undefined;

/** The network by itself. */
function alone(network: Partial<NetworkOptions>): RepresentOptions {
  return { learners: "network", network, trees: {}, calibrates: false };
}
/** On a busy machine. */
const LONG = { timeout: 120_000 };

/** Mean effects of members and of the others, by arm. */
async function effectsByMember(dataset: Dataset, model: Representation): Promise<Record<keyof Effects, number[][]>> {
  const block = await dataset.sample(10_000, 1);
  const effects = model.effects(block.x, block.n);
  const mean = (values: Float32Array, member: number, arm: number): number => {
    const rows = Array.from({ length: block.n }, (_, row) => row).filter(
      (row) => block.x[row * dataset.width + 1] === member,
    );
    return rows.reduce((sum, row) => sum + values[row * model.arms + arm]!, 0) / rows.length;
  };
  const table = (values: Float32Array): number[][] =>
    [0, 1].map((member) => [0, 1, 2].map((arm) => mean(values, member, arm)));
  return { reward: table(effects.reward), cost: table(effects.cost), redemption: table(effects.redemption) };
}

describe("the network", () => {
  test.each(["auto", "nominal"] as const)("finds who responds to which arm, with %s effects", LONG, async (effects) => {
    const dataset = await openCsv(logCsv(20_000, 3));
    const model = await trainRepresentation(dataset, alone({ ...QUICK_NETWORK, effects }), 1, ignore);
    const found = await effectsByMember(dataset, model);
    for (const member of [0, 1])
      for (const arm of [0, 1, 2]) {
        const rate = ORDER_RATE + (member === 1 ? UPLIFT[arm]! : 0);
        const redeems = arm === 0 ? 1 : rate * REDEEM_RATE;
        expect(found.reward[member]![arm]! / 10).toBeCloseTo(rate, 1);
        expect(Math.abs(found.reward[member]![arm]! / 10 - rate)).toBeLessThan(0.035);
        expect(Math.abs(found.redemption[member]![arm]! - redeems)).toBeLessThan(0.035);
        const cost = arm === 0 ? 0 : 5 + found.redemption[member]![arm]! * 100 * arm;
        expect(found.cost[member]![arm]).toBeCloseTo(cost, 2);
      }
  });

  test("is bit-identical for the same seed, and another one for another", async () => {
    const dataset = await openCsv(logCsv(3000, 4));
    const options = { ...QUICK_NETWORK, maxEpochs: 2 };
    const { x, n } = await dataset.sample(200, 1);
    const reward = async (seed: number): Promise<Float32Array> =>
      (await trainRepresentation(dataset, alone(options), seed, ignore)).effects(x, n).reward;
    const first = await reward(1);
    expect(await reward(1)).toEqual(first);
    expect(await reward(2)).not.toEqual(first);
  });

  test("gives a hidden representation of the trunks' second layers, and its training curve", async () => {
    const dataset = await openCsv(logCsv(3000, 4));
    const told: string[] = [];
    const options = { ...QUICK_NETWORK, maxEpochs: 3, widths: [16, 8] as const };
    const model = await trainRepresentation(dataset, alone(options), 1, (step, _, detail) =>
      told.push(`${step} ${detail}`),
    );
    const { x, n } = await dataset.sample(100, 1);
    expect(model.hiddenWidth).toBe(FOLDS * 8);
    expect(model.hidden(x, n)).toHaveLength(100 * model.hiddenWidth);
    expect(model.curves).toHaveLength(3);
    expect(model.curves[2]!.validate).toBeLessThan(model.curves[0]!.validate);
    expect(told[0]).toMatch(/^represent epoch 1: out-of-fold loss/);
  });

  test("stops when the out-of-fold loss no longer falls", async () => {
    const dataset = await openCsv(logCsv(2000, 5));
    const options = { ...QUICK_NETWORK, maxEpochs: 200, patience: 2, learningRate: 0.02, dropout: 0 };
    const model = await trainRepresentation(dataset, alone(options), 1, ignore);
    expect(model.bestEpochs).toHaveLength(FOLDS);
    expect(model.curves.length).toBe(Math.max(...model.bestEpochs) + 2);
  });

  test("has 4 members a fold for a small log and 2 for a large one", () => {
    expect(networkOptions({}, 40_000).members).toBe(4);
    expect(networkOptions({}, 64_000).members).toBe(2);
    expect(() => networkOptions({ dropout: 1 }, 1)).toThrow(InvalidInput);
    expect(() => networkOptions({ members: 0 }, 1)).toThrow(
      "network option members: a whole number of 1 or more, not 0",
    );
  });
});

describe("its gradients are the slopes of its loss", () => {
  test.each([true, false])("with ordered arms: %s", (ordered) => {
    const random = seededRandom(`gradient-${ordered}`);
    const shape: network.Shape = {
      ...{ members: 2, width: 3, first: 6, second: 4, arms: 3, heads: 3, logits: 2, ordered, dropout: 0.3 },
    };
    const heads = [1, 10, 300].map((pooling, i) => {
      const kind: "logit" | "amount" = i < 2 ? "logit" : "amount";
      return { name: `${i}`, kind, pooling, target: () => 0 };
    });
    const levels = heads.map(() => Float64Array.from({ length: 3 }, () => random.normal() * 0.3));
    const options = { ...NETWORK_DEFAULTS, pooling: 0.01 };
    const fixed = network.fixedParts(shape, heads, levels, ordered ? [0, 1, 2] : null, options, random);
    const parameters = network.startingWeights(fixed, random);
    for (const { values } of parameters) for (let i = 0; i < values.length; i += 1) values[i]! += random.normal() * 0.3;
    const n = 8;
    const draw = (count: number, value: () => number): Float32Array => Float32Array.from({ length: count }, value);
    const arms = Array.from({ length: n }, () => random.below(3));
    const batch: step.Batch = {
      n,
      x: draw(n * 3, () => random.normal()),
      oneHot: Float32Array.from(arms.flatMap((arm) => [0, 1, 2].map((a) => Number(a === arm)))),
      target: Float32Array.from({ length: n * 3 }, (_, i) => (i % 3 < 2 ? random.below(2) : 0.5 + random.unit())),
      weight: Float32Array.from({ length: n * 3 }, (_, i) => (i % 3 < 2 ? 1 : 0.3 * random.below(2))),
    };
    const masks = step.dropoutMasks(shape, n, 1, random)!;
    const lossNow = (): { loss: number; gradients: Float32Array[] } =>
      step.lossAndGradients(fixed, parameters, batch, masks.at(0));
    const { gradients } = lossNow();
    parameters.forEach(({ values, name }, at) => {
      if (name === "doses" && !ordered) return;
      for (const i of [0, values.length >> 1, values.length - 1]) {
        const before = values[i]!;
        const step = 2 ** -9;
        values[i] = before + step;
        const above = lossNow().loss;
        values[i] = before - step;
        const below = lossNow().loss;
        values[i] = before;
        const slope = (above - below) / (2 * step);
        expect(Math.abs(slope - gradients[at]![i]!), `${name}[${i}]`).toBeLessThan(1e-3 + 0.02 * Math.abs(slope));
      }
    });
    masks.dispose();
  });
});

describe("the trees", () => {
  const trees = (given: Partial<TreeOptions>): RepresentOptions => ({
    ...{ learners: "trees", network: QUICK_NETWORK, trees: { ...QUICK_TREES, ...given }, calibrates: false },
  });

  test("find who responds to which arm, and what it costs", LONG, async () => {
    const dataset = await openCsv(logCsv(20_000, 3));
    const model = await trainRepresentation(dataset, trees({}), 1, ignore);
    const found = await effectsByMember(dataset, model);
    for (const member of [0, 1])
      for (const arm of [0, 1, 2]) {
        const rate = ORDER_RATE + (member === 1 ? UPLIFT[arm]! : 0);
        expect(Math.abs(found.reward[member]![arm]! / 10 - rate)).toBeLessThan(0.035);
        expect(Math.abs(found.redemption[member]![arm]! - (arm === 0 ? 1 : rate * REDEEM_RATE))).toBeLessThan(0.035);
      }
    expect(model.hiddenWidth).toBe(0);
    expect(() => model.hidden(new Float32Array(dataset.width), 1)).toThrow("whose hidden layer is asked for");
  });

  test("of a fold owe nothing to its outcomes", async () => {
    const dataset = await openCsv(logCsv(4000, 9));
    const block = await dataset.sample(4000, 1);
    const [own, other] = [0, 1];
    // In the fold, outcomes change places among rows of one arm and one kind of user: what is foretold stays as good.
    const moved = {
      ...block,
      rewards: block.rewards.slice(),
      redeemed: block.redeemed!.slice(),
      cost: block.cost.slice(),
    };
    const lots = Map.groupBy(
      Array.from(block.fold.keys()).filter((row) => block.fold[row] === own),
      (row) => `${block.arm[row]} ${block.x[row * dataset.width + 1]}`,
    );
    for (const rows of lots.values())
      rows.forEach((row, at) => {
        const from = rows[(at + 1) % rows.length]!;
        moved.rewards[row] = block.rewards[from]!;
        moved.redeemed[row] = block.redeemed![from]!;
        moved.cost[row] = block.cost[from]!;
      });
    expect(moved.rewards).not.toEqual(block.rewards);
    const learned = async (sample: Block): Promise<Representation> =>
      await trainRepresentation(
        { ...dataset, sample: () => Promise.resolve(sample) },
        trees({ maxRounds: 2, rate: 0.05 }),
        1,
        ignore,
      );
    const [before, after] = [await learned(block), await learned(moved)];
    // Both stop at the same round for the question that the reward is made of.
    for (const { treeRounds } of [before, after]) expect(treeRounds[0]!.rounds).toEqual([2, 2, 2, 2]);
    const reward = (of: Representation, fold: number): Float32Array => of.effectsWithout(fold, block.x, block.n).reward;
    expect(reward(after, own)).toEqual(reward(before, own));
    expect(reward(after, other)).not.toEqual(reward(before, other));
  });

  test("and the network together are their weighted mean", async () => {
    const dataset = await openCsv(logCsv(2000, 4));
    const { x, n } = await dataset.sample(200, 1);
    const options = trees({ maxRounds: 5 });
    const network = { ...QUICK_NETWORK, maxEpochs: 1 };
    const by = async (learners: Learners): Promise<Representation> =>
      await trainRepresentation(dataset, { ...options, network, learners }, 1, ignore);
    const [both, one, other] = [await by("both"), await by("network"), await by("trees")];
    const weight = both.treesWeight?.weight ?? expect.fail("no weight");
    const isMean = (all: Effects, a: Effects, b: Effects): void => {
      for (const of of ["reward", "cost", "redemption"] as const)
        all[of].forEach((value, at) => expect(value).toBeCloseTo((1 - weight) * a[of][at]! + weight * b[of][at]!, 4));
    };
    isMean(both.effects(x, n), one.effects(x, n), other.effects(x, n));
    isMean(both.effectsWithout(2, x, n), one.effectsWithout(2, x, n), other.effectsWithout(2, x, n));
  });

  test("tell a user's own part of each arm as far as the log has it, of rows that they learned from and of others", async () => {
    const dataset = await openCsv(logCsv(6000, 4));
    const { x, n } = await dataset.sample(200, 1);
    const by = async (calibrates: boolean): Promise<Representation> =>
      await trainRepresentation(dataset, { ...trees({ maxRounds: 12 }), calibrates }, 1, ignore);
    const [foretold, scaled] = [await by(false), await by(true)];
    expect(foretold.calibration).toBeNull();
    const { slope, usual } = scaled.calibration ?? expect.fail("not calibrated");
    // Twelve rounds are too few to say all that there is.
    expect(slope).toBeGreaterThan(1.3);
    const { arms } = scaled;
    const own = ({ reward }: Effects, row: number, arm: number): number => {
      const level = reward.subarray(row * arms, (row + 1) * arms).reduce((sum, each) => sum + each / arms, 0);
      return reward[row * arms + arm]! - usual[arm]! * level;
    };
    const pairs = [
      [scaled.effects(x, n), foretold.effects(x, n)],
      [scaled.effectsWithout(2, x, n), foretold.effectsWithout(2, x, n)],
    ] as const;
    for (const [all, before] of pairs)
      for (let row = 0; row < n; row += 1)
        for (let arm = 0; arm < arms; arm += 1)
          expect(own(all, row, arm)).toBeCloseTo(slope * own(before, row, arm), 4);
  });
});

test("a log with a propensity column trains as well", async () => {
  const csv = logCsv(3000, 6)
    .trimEnd()
    .split("\n")
    .map((line, i) => `${line},${i === 0 ? "p" : "0.3333"}`)
    .join("\n");
  const dataset = await openCsv(csv, `${MAPPING.replaceAll(/,? ?propensity: [\d.]+/g, "")}propensity: { column: p }\n`);
  const model = await trainRepresentation(dataset, alone({ ...QUICK_NETWORK, maxEpochs: 2 }), 1, ignore);
  const { x, n } = await dataset.sample(100, 1);
  expect(model.effects(x, n).reward.every((value) => value > 0 && value < 10)).toBe(true);
});
