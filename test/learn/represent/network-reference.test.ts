// The network against the same one written down a second time: benchmarks/quality/peers/reference_network.py (JAX, float64)
// printed the figures below. Both sides make the weights by one formula, so that no file is needed.

import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import * as step from "../../../src/learn/represent/network/learning-step.ts";
import * as network from "../../../src/learn/represent/network/network.ts";
import { NETWORK_DEFAULTS } from "../../../src/learn/represent/network/options.ts";
import { useBackend } from "../../../src/learn/represent/network/tensorflow.ts";
import { seededRandom } from "../../../src/domain/random.ts";

beforeAll(async () => {
  await useBackend("wasm");
});

const [ROWS, WIDTH, FIRST, SECOND, MEMBERS, ARMS, HEADS] = [8, 3, 6, 4, 2, 3, 4];
/** Our heads as the reference numbers them: log-losses come first here. */
const REFERENCE_HEAD = [0, 2, 1, 3];

interface Figures {
  readonly loss: number;
  /** Of each array's gradient: its sum, and the root of its sum of squares. */
  readonly gradients: Readonly<Record<string, readonly [number, number]>>;
  /** Of row 5 under each arm. */
  readonly reward: readonly number[];
  readonly cost: readonly number[];
}

const REFERENCE: Readonly<Record<"ordered" | "nominal", Figures>> = {
  ordered: {
    loss: 1.45867,
    gradients: {
      w1: [0.055352, 0.0226018],
      b1: [-0.00743213, 0.0184395],
      w2: [-0.0083768, 0.0209449],
      b2: [-0.038671, 0.0439859],
      base: [-0.220855, 0.0831838],
      effects: [0.027277, 0.0159353],
      levels: [-0.379111, 0.126862],
      doses: [0.0301013, 0.00998955],
    },
    reward: [0.470071, 0.426301, 0.406205],
    cost: [0.339442, 0.332221, 0.311856],
  },
  nominal: {
    loss: 1.45638,
    gradients: {
      w1: [0.0506472, 0.0256482],
      b1: [-0.0122953, 0.0156899],
      w2: [-0.0494106, 0.028205],
      b2: [-0.0517551, 0.041165],
      base: [-0.225886, 0.0822302],
      effects: [-0.163534, 0.0463836],
      levels: [-0.388504, 0.127147],
    },
    reward: [0.461261, 0.422819, 0.400706],
    cost: [0.338937, 0.322313, 0.307032],
  },
};

/** Number `at` of array `s`. */
function formula(s: number, at: number): number {
  return 0.3 * Math.sin(1.7 * at + s);
}

describe.each(["ordered", "nominal"] as const)("with %s arms, the network has the reference's", (kind) => {
  const ordered = kind === "ordered";
  const offers = ordered ? 1 : ARMS - 1;
  const shape: network.Shape = {
    ...{ members: MEMBERS, width: WIDTH, first: FIRST, second: SECOND, arms: ARMS, heads: HEADS, logits: 2 },
    ...{ ordered, dropout: 0 },
  };
  const made = fixedAndWeights();
  const { batch } = made;
  const figures = REFERENCE[kind];

  test("loss and gradients", () => {
    const { fixed, parameters } = made;
    const { loss, gradients } = step.lossAndGradients(fixed, parameters, batch, null);
    expect(loss).toBeCloseTo(figures.loss, 5);
    const [w1, w2, b2, heads, levels, doses] = gradients.map((values) => [...values]);
    const column = (at: number): number => at % (HEADS * (1 + offers));
    const found: Record<string, number[]> = {
      w1: must(w1, "w1").slice(0, WIDTH * FIRST),
      b1: must(w1, "w1").slice(WIDTH * FIRST),
      w2: must(w2, "w2"),
      b2: must(b2, "b2"),
      base: must(heads, "heads").filter((_, at) => column(at) < HEADS),
      effects: must(heads, "heads").filter((_, at) => column(at) >= HEADS),
      levels: must(levels, "levels"),
      doses: must(doses, "doses"),
    };
    for (const [name, [sum, root]] of Object.entries(figures.gradients)) {
      const values = must(found[name], name);
      expect(
        values.reduce((a, b) => a + b, 0),
        `${name}: sum`,
      ).toBeCloseTo(sum, 5);
      expect(Math.sqrt(values.reduce((a, b) => a + b * b, 0)), `${name}: root of squares`).toBeCloseTo(root, 5);
    }
  });

  test("predictions", () => {
    const { fixed, parameters } = made;
    const weights = parameters.map(({ values }) => values);
    const out = network.forward(fixed, weights, batch.x, ROWS, "columns");
    const answers = new Float32Array(HEADS);
    for (let arm = 0; arm < ARMS; arm += 1) {
      let [reward, cost] = [0, 0];
      for (let member = 0; member < MEMBERS; member += 1) {
        network.answersOf(fixed, weights, out, { n: ROWS, member, row: 5, arm }, answers);
        const [order, redeem, basket, paid] = answers as unknown as [number, number, number, number];
        reward += (order * basket) / MEMBERS;
        cost += (order * redeem * paid) / MEMBERS;
      }
      expect(reward).toBeCloseTo(must(figures.reward[arm], "reward"), 5);
      expect(cost).toBeCloseTo(must(figures.cost[arm], "cost"), 5);
    }
  });

  function fixedAndWeights() {
    const heads = REFERENCE_HEAD.map((head, at) => ({
      ...{ name: `${head}`, kind: at < 2 ? ("logit" as const) : ("amount" as const), pooling: 0, target: () => 0 },
    }));
    const table = (s: number) => (arm: number, member: number, head: number) =>
      formula(s, (member * ARMS + arm) * HEADS + must(REFERENCE_HEAD[head], "a head"));
    const tiled = (value: (arm: number, member: number, head: number) => number): Float32Array =>
      Float32Array.from({ length: ARMS * MEMBERS * HEADS }, (_, at) =>
        value(Math.floor(at / (MEMBERS * HEADS)), Math.floor(at / HEADS) % MEMBERS, at % HEADS),
      );
    const levels = heads.map(() => new Float64Array(ARMS));
    const drawn = network.fixedParts(shape, heads, levels, null, NETWORK_DEFAULTS, seededRandom("unused"));
    const signs = drawn.signs.map((own, at) => {
      const [member, column] = [Math.floor(at / (WIDTH + MEMBERS)), at % (WIDTH + MEMBERS)];
      return column < WIDTH ? Math.sign(formula(1, member * WIDTH + column)) : own;
    });
    // Where they stand is where they started, so that no penalty is in the loss.
    const fixed = { ...drawn, signs, levels: tiled(table(8)), doses: tiled(ordered ? table(9) : () => 0) };
    const columns = HEADS * (1 + offers);
    const ofHeads = Float32Array.from({ length: MEMBERS * SECOND * columns }, (_, at) => {
      const [member, unit, column] = [
        Math.floor(at / (SECOND * columns)),
        Math.floor(at / columns) % SECOND,
        at % columns,
      ];
      if (column < HEADS) return formula(6, (member * SECOND + unit) * HEADS + must(REFERENCE_HEAD[column], "a head"));
      const head = must(REFERENCE_HEAD[Math.floor((column - HEADS) / offers)], "a head");
      return formula(7, ((member * HEADS + head) * offers + ((column - HEADS) % offers)) * SECOND + unit);
    });
    const array = (s: number, length: number): Float32Array => Float32Array.from({ length }, (_, at) => formula(s, at));
    const values = [
      Float32Array.from([...array(2, WIDTH * FIRST), ...array(3, MEMBERS * FIRST)]),
      array(4, FIRST * SECOND),
      array(5, MEMBERS * SECOND),
      ofHeads,
      fixed.levels.slice(),
      fixed.doses.slice(),
    ];
    const parameters = network
      .startingWeights(fixed, seededRandom("unused"))
      .map((parameter, at) => ({ ...parameter, values: must(values[at], parameter.name) }));
    return { fixed, parameters, batch: batchOf() };
  }
});

function batchOf(): step.Batch {
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const [arm, order] = [i % ARMS, Number(i % 4 !== 3)];
    const redeem = i % 2 === 0 ? order : 0;
    return {
      arm,
      target: [order, redeem, 1 + 2 * Math.abs(formula(11, i)), 1 + Math.abs(formula(12, i))],
      weight: [1, order * Number(arm > 0), 0.3 * order, 0.3 * redeem * Number(arm > 0)],
    };
  });
  return {
    n: ROWS,
    x: Float32Array.from({ length: ROWS * WIDTH }, (_, at) => 3 * formula(10, at)),
    oneHot: Float32Array.from(rows.flatMap(({ arm }) => [0, 1, 2].map((each) => Number(each === arm)))),
    target: Float32Array.from(rows.flatMap(({ target }) => target)),
    weight: Float32Array.from(rows.flatMap(({ weight }) => weight)),
  };
}
