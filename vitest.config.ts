// Tests run in processes of their own (native addons: LMDB, ONNX, DuckDB), two at a time: the machines that run them
// have two cores. Time-outs leave room for a busy machine; a test that needs more says so itself.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    expandSnapshotDiff: true,
    restoreMocks: true,
  },
});
