// Serve tasks as `stipend run` has them, for the benchmarks: with the local stores on disk and the real classifier.

import { randomUUID } from "node:crypto";
import { codecFor, schemaCodec } from "../../src/log/codec/codec.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { placementOf } from "../../src/log/placement.ts";
import { serveKind } from "../../src/log/topics.ts";
import { loadClassifier } from "../../src/serve/classify/onnx.ts";
import { createReleaseCache } from "../../src/serve/classify/release-cache.ts";
import { fifoMutex } from "../../src/serve/mutex.ts";
import { createServeProcessor } from "../../src/serve/processor.ts";
import type { ControlRecord } from "../../src/task/cycle/control-record.ts";
import type { TaskObserver } from "../../src/task/observer.ts";
import { joinRunner } from "../../src/task/runner.ts";
import { lmdbStores } from "../../src/task/store/lmdb-stores.ts";
import { systemClock } from "../../src/task/system-clock.ts";

const MAX_RECORDS = 1_000;
const IDLE_MS = 200;
const DRAIN_MS = 5_000;

export interface ServeTasks {
  /** Until they are stopped; then all is closed but the log. */
  readonly running: Promise<void>;
  stop(): Promise<void>;
}

/** `around` is the log whose tasks are run, which may count what goes through it. */
export async function startServing(
  log: EventLog,
  { around, stores, observer }: { readonly around: EventLog; readonly stores: string; readonly observer: TaskObserver },
): Promise<ServeTasks> {
  const releaseCache = createReleaseCache({ log, codec: codecFor("releases"), load: loadClassifier });
  const exclusively = fifoMutex();
  const placement = await placementOf(log, "sessions");
  const runner = await joinRunner({
    log: around,
    kind: serveKind("bench"),
    processor: () => createServeProcessor({ releaseCache, placement, exclusively }),
    openStore: lmdbStores(stores),
    codec: schemaCodec<ControlRecord>("control-record"),
    clock: systemClock,
    newLineage: randomUUID,
    maxRecords: MAX_RECORDS,
    idleMs: IDLE_MS,
    drainMs: DRAIN_MS,
    observer,
  });
  const running = runner.run().then(() => releaseCache.close());
  return {
    running,
    async stop() {
      await runner.stop();
      await running;
    },
  };
}
