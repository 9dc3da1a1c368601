// A process that runs the counting job on Kafka until SIGTERM, for the tests that kill it. Says what happens to its
// tasks, a line each, on stdout. With STANDBY_MS it stands by for the partitions that others run.

import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { must } from "../../../src/domain/assert.ts";
import { openKafkaLog } from "../../../src/log/kafka/log.ts";
import { lmdbStores } from "../../../src/task/store/lmdb-stores.ts";
import { joinRunner } from "../../../src/task/runner.ts";
import { systemClock, systemElapsedMs } from "../../../src/task/system-clock.ts";
import { controlCodec, COUNT, counting } from "./counting.ts";

const [brokers, prefix, folder, sessionMs, standbyMs, retryDeadlineMs] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

const log = await openKafkaLog(
  {
    brokers: must(brokers, "brokers").split(","),
    clientId: `worker-${process.pid}`,
    topicPrefix: must(prefix, "prefix"),
    sessionTimeoutMs: Number(sessionMs),
    ...(retryDeadlineMs === undefined ? {} : { retryDeadlineMs: Number(retryDeadlineMs) }),
    onTrouble: (message) => say(`log ${message}`),
  },
  () => Date.now(),
);
const runner = await joinRunner({
  log,
  kind: COUNT,
  processor: counting,
  openStore: lmdbStores(must(folder, "folder")),
  codec: controlCodec,
  clock: systemClock,
  newLineage: randomUUID,
  maxRecords: 200,
  idleMs: 200,
  drainMs: 2_000,
  ...(standbyMs === undefined || standbyMs === "" ? {} : { standbyMs: Number(standbyMs) }),
  observer: {
    elapsedMs: systemElapsedMs,
    cycle: () => undefined,
    restore: ({ by, partition, records, over }) =>
      say(`${over ? "restored" : "restoring"} ${partition} ${by} ${records}`),
    lifecycle: (_kind, partition, state) => say(`${state} ${partition}`),
    trouble: (_kind, partition, verdict, error) =>
      say(`trouble ${verdict} ${partition} ${error instanceof Error ? `${error.name}: ${error.message}` : "?"}`),
  },
});
process.once("SIGTERM", () => void runner.stop());
say("joined");
try {
  await runner.run();
} catch (error) {
  say(`failed ${error instanceof Error ? `${error.name}: ${error.message}` : "?"}`);
  process.exitCode = 3;
}
await log.close();
say("ended");
