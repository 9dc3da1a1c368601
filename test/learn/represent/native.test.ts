// Both backends, for real. `npm test` builds the native addon where it is missing; where it cannot be built (another
// platform, no C++ compiler, no package index), what needs it is reported as skipped by a name that says what builds it.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { distil, QUICK_STUDENT } from "../../../src/learn/distil/distil.ts";
import type { Effects } from "../../../src/learn/nouns.ts";
import { compareOnnx } from "../../../src/learn/distil/onnx.ts";
import { QUICK_NETWORK } from "../../../src/learn/represent/network/options.ts";
import { trainRepresentation } from "../../../src/learn/represent/train.ts";
import { QUICK_TREES } from "../../../src/learn/trees/options.ts";
import { parseBackend, useBackend, type BackendPreference } from "../../../src/learn/represent/network/tensorflow.ts";
import { logCsv, openCsv } from "../log-files.ts";

const MINUTE = 60_000;

const build = join(import.meta.dirname, "../../../bin/build-tfjs.mjs");
const there = spawnSync(process.execPath, [build, "--check"], { encoding: "utf8" }).status === 0;
const NEEDS = " [needs TensorFlow's native addon: npm run tfjs:build]";

async function effectsOn(backend: BackendPreference): Promise<Effects> {
  await useBackend(backend);
  const dataset = await openCsv(logCsv(4000, 7));
  const options = {
    learners: "both",
    network: { ...QUICK_NETWORK, maxEpochs: 3 },
    trees: QUICK_TREES,
    calibrates: true,
  } as const;
  const model = await trainRepresentation(dataset, options, 1, () => undefined);
  const { x, n } = await dataset.sample(300, 1);
  return model.effects(x, n);
}

describe.skipIf(!there)(`natively${there ? "" : NEEDS}`, () => {
  test("the native backend is taken when it loads", { timeout: MINUTE }, async () => {
    expect(await useBackend("auto")).toBe("tensorflow-native");
    expect(await useBackend("native")).toBe("tensorflow-native");
    expect(await useBackend("wasm")).toBe("wasm");
  });

  test("the native backend is bit-identical for the same seed", { timeout: MINUTE }, async () => {
    expect(await effectsOn("native")).toEqual(await effectsOn("native"));
  });

  test("both backends learn the same from the same seed, but for rounding", { timeout: MINUTE }, async () => {
    const native = await effectsOn("native");
    const wasm = await effectsOn("wasm");
    native.reward.forEach((reward, i) => expect(Math.abs(reward - wasm.reward[i]!)).toBeLessThan(0.01));
  });

  test("the student trained natively is the same in ONNX", { timeout: MINUTE }, async () => {
    await useBackend("native");
    const dataset = await openCsv(logCsv(2000, 8));
    const { x, n, arm } = await dataset.sample(2000, 1);
    const held = Uint32Array.from({ length: 200 }, (_, at) => at);
    const input = { x, n, width: dataset.width, labels: arm, clusters: 3, held, seed: 1, options: QUICK_STUDENT };
    const student = await distil(input);
    expect(await compareOnnx(student.toOnnx(), x, n, student.probabilities(x, n))).toBeLessThan(1e-4);
  });
});

test("a backend that is none is refused by the setting's name", () => {
  expect(() => parseBackend("gpu", "STIPEND_TF_BACKEND")).toThrow("STIPEND_TF_BACKEND: native, wasm or auto, not gpu");
});
