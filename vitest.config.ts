// Tests run in processes of their own (native addons: LMDB, ONNX, DuckDB), two at a time: the machines that run them
// have two cores. Time-outs leave room for a busy machine; a test that needs more says so itself.

import { configDefaults, defineConfig } from "vitest/config";

// `npm test -- --no-kafka`: what needs a Kafka broker or a schema registry (Java, Maven) is left out, and the run says so.
const NEEDS_JAVA = ["test/kafka/broker/**", "test/registry/server/**"];
const withoutKafka = process.env["STIPEND_TEST_NO_KAFKA"] === "1";
if (withoutKafka) console.warn(`tests: without Kafka (--no-kafka): ${NEEDS_JAVA.join(", ")} are left out`);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(withoutKafka ? NEEDS_JAVA : [])],
    globalSetup: ["test/kafka/run-broker.ts", "test/registry/run-registry.ts"],
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default", "./test/skip-reporter.ts"],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // As src/main.ts does it for the program.
    env: { ORT_DISABLE_TELEMETRY: "1" },
    // Its own default is a second.
    expect: { poll: { timeout: 20_000 } },
    teardownTimeout: 20_000,
    expandSnapshotDiff: true,
    restoreMocks: true,
  },
});
