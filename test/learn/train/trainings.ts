// Small trainings for tests: a log of a few thousand rows with a known effect, and options that take seconds.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { QUICK_NETWORK } from "../../../src/learn/represent/network/options.ts";
import type { BackendPreference } from "../../../src/learn/represent/network/tensorflow.ts";
import { QUICK_LEARN_OPTIONS, type LearnOptions } from "../../../src/learn/train-options.ts";
import { trainRelease, type Training } from "../../../src/learn/train.ts";
import { logCsv, mappingOf } from "../log-files.ts";

export const SMALL: LearnOptions = {
  ...QUICK_LEARN_OPTIONS,
  network: { ...QUICK_NETWORK, maxEpochs: 5 },
  cluster: { ...QUICK_LEARN_OPTIONS.cluster, candidates: [4] },
  student: { ...QUICK_LEARN_OPTIONS.student, maxEpochs: 6 },
  plan: { ...QUICK_LEARN_OPTIONS.plan, budgets: 6 },
  policy: { budgets: 3, replicates: 50, confidence: 0.95, importanceRows: 2_000 },
};

export interface SmallTraining {
  readonly rows?: number;
  readonly seed?: number;
  readonly backend?: BackendPreference;
  readonly options?: Partial<LearnOptions>;
}

export async function train({
  rows = 6000,
  seed = 1,
  backend = "wasm",
  options,
}: SmallTraining = {}): Promise<Training> {
  const folder = await mkdtemp(join(tmpdir(), "stipend-train-"));
  try {
    const file = join(folder, "log.csv");
    await writeFile(file, logCsv(rows, 11));
    return await trainRelease({
      files: [file],
      mapping: mappingOf(),
      seed,
      backend,
      options: { ...SMALL, ...options },
      progress: () => undefined,
      elapsedMs: () => performance.now(),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
