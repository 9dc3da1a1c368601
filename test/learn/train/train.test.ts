// From a log to a release, whole: what it is made of, that it can be made again, and that it is not made at all when its
// evidence is broken.

import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { canonicalJson } from "../../../src/domain/canonical.ts";
import { rowWidth } from "../../../src/domain/session/features.ts";
import { parseRelease } from "../../../src/domain/release/release.ts";
import { evidenceJson, STEPS } from "../../../src/learn/release/evidence.ts";
import { GateFailed } from "../../../src/learn/check/gates.ts";
import type { Training } from "../../../src/learn/train.ts";
import { loadClassifier } from "../../../src/serve/classify/onnx.ts";
import { REDEEM_RATE, UPLIFT } from "../log-files.ts";
import type { LearnOptions } from "../../../src/learn/train-options.ts";
import { mappingOf } from "../log-files.ts";
import { SMALL, train } from "./trainings.ts";

/** Of three trainings on a busy machine. */
const LONG_MS = 120_000;

describe("a log becomes a release", () => {
  let training: Training;
  beforeAll(async () => {
    training = await train();
  }, LONG_MS);

  test("that a reader accepts, named by its content", () => {
    const { release } = training;
    const read = parseRelease(canonicalJson(release.manifest), release.classifier, release.hash, "test");
    expect(read.manifest).toEqual(release.manifest);
    expect(release.manifest.arms).toEqual(["none", "small", "large"]);
    expect(release.manifest.summary).toMatchObject({ backend: "wasm", seed: 1, rows: 6000, currency: "EUR" });
    const { prices, currency } = must(release.manifest.money, "money");
    const { arm } = mappingOf();
    expect(currency).toBe("EUR");
    expect(prices).toEqual(arm.arms.map(({ faceMinor, sendMinor }) => ({ faceMinor, sendMinor })));
    expect(JSON.stringify(release.manifest)).not.toContain("seconds");
  });

  test("whose plans give the offers to those who respond to them", async () => {
    const { release } = training;
    const { frontier, values } = release.manifest;
    // Columns: age, member, then the cities. A member of forty, and somebody like it who is none.
    const member = await classOf(release, [40, 1]);
    const other = await classOf(release, [40, 0]);
    expect(member).not.toBe(other);
    const gain = (cluster: number): number =>
      must(values.reward[cluster]?.[2], "reward") - must(values.reward[cluster]?.[0], "reward");
    // Reward is 10 an order.
    expect(gain(member)).toBeGreaterThan(0.7 * 10 * UPLIFT[2]);
    expect(gain(other)).toBeLessThan(0.3 * 10 * UPLIFT[2]);
    expect(values.redemption[member]?.[2]).toBeCloseTo((0.1 + UPLIFT[2]) * REDEEM_RATE, 1);
    const withoutOffer = (cluster: number): number =>
      frontier.rows.reduce((steps, { shares }) => steps + must(shares[cluster]?.[0], "steps"), 0) /
      frontier.rows.length;
    expect(withoutOffer(member)).toBeLessThan(0.8 * withoutOffer(other));
  });

  test("with no empty cluster, and rows of every cluster × arm that add up to the log", () => {
    const { clusters, data } = training.evidence;
    expect(clusters.length).toBe(training.release.manifest.clusters);
    expect(Math.min(...clusters.flatMap(({ rowsOfArm }) => rowsOfArm))).toBeGreaterThan(0);
    expect(clusters.flatMap(({ rowsOfArm }) => rowsOfArm).reduce((a, b) => a + b, 0)).toBe(data.rows);
    expect(clusters.map(({ words }) => words).join()).toMatch(/member/);
  });

  test("with evidence that is canonical JSON, small, and times every step", () => {
    const text = evidenceJson(training.evidence);
    expect(canonicalJson(JSON.parse(text))).toBe(text);
    expect(text.length).toBeLessThan(20_000);
    expect(Object.keys(training.evidence.seconds)).toEqual([...STEPS]);
    expect(training.evidence.release).toBe(training.release.hash);
    expect(training.evidence.student.valueRatio).toBeGreaterThan(0.99);
    expect(training.evidence.student.onnxDifference).toBeLessThan(1e-5);
  });

  test("and knows, from rows that the plan did not see, that it beats one mix for all at a small budget", () => {
    const { byBudget, uniform, rows } = training.evidence.policy;
    expect(rows).toBe(training.evidence.data.rows);
    expect(uniform.map(({ arm }) => arm)).toEqual(["none", "small", "large"]);
    expect(uniform[0]?.figures?.incremental).toMatchObject({ value: 0, low: 0, high: 0 });
    const middle = must(byBudget[1], "a budget in the middle");
    expect(middle.oursLessOneMix.reward.low).toBeGreaterThan(0);
    // What the plan expects to spend, it spends: within what chance allows.
    const spent = must(middle.ours, "ours").cost;
    expect(Math.abs(spent.value - middle.expectedCost)).toBeLessThan(4 * spent.se);
  });
});

describe("made again", () => {
  const brief: Partial<LearnOptions> = {
    network: { ...SMALL.network, maxEpochs: 2 },
    plan: { ...SMALL.plan, budgets: 3 },
    policy: { ...SMALL.policy, budgets: 1 },
  };
  test.each(["wasm", "native"] as const)(
    "it is the same with the same seed on %s, and another with another",
    { timeout: LONG_MS },
    async (backend) => {
      const hashOf = async (seed: number): Promise<string> => {
        const training = await train({ rows: 1500, seed, backend, options: brief });
        return training.release.hash;
      };
      const first = await hashOf(5);
      expect(await hashOf(5)).toBe(first);
      expect(await hashOf(6)).not.toBe(first);
    },
  );
});

describe("broken evidence", { timeout: LONG_MS }, () => {
  const { gates, plan } = SMALL;
  test("of a classifier that is not served as it was trained gives no release", async () => {
    const strict = train({ rows: 2000, options: { gates: { ...gates, onnxDifference: 0 } } });
    await expect(strict).rejects.toThrow(/classifier: onnxruntime and the trained student differ by up to \d/);
  });
  test("of a student that keeps too little gives no release", async () => {
    const ignorant = train({ rows: 2000, options: { student: { maxEpochs: 1, learningRate: 1e-9 } } });
    await expect(ignorant).rejects.toThrow(/classifier: it keeps -?\d+\.\d\d % of the segments' added reward/);
  });
  test("of a plan, as the plan itself tells it, gives no release", async () => {
    const impossible = train({ rows: 2000, options: { plan: { ...plan, gapBound: 0 } } });
    await expect(impossible).rejects.toBeInstanceOf(GateFailed);
    await expect(impossible).rejects.toThrow(/not published:\n {2}plan: options.gapBound/);
  });
});

async function classOf(release: Training["release"], known: readonly number[]): Promise<number> {
  const x = new Float32Array(rowWidth(release.manifest.features));
  x.set(known);
  const classifier = await loadClassifier(release, x.length);
  try {
    return must((await classifier.classify(x, 1)).clusters[0], "the class");
  } finally {
    await classifier.close();
  }
}
