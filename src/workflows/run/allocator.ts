// Allocator
// Puts the live parts together on a log: the serve tasks and the treasury task, with their stores, the cache of releases
// and the feature service. `run` lets it work by itself; `day` steps it. It does not know which.

import { join } from "node:path";
import { errorMessage } from "../../domain/error-message.ts";
import { codecFor, schemaCodec } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import { placementOf } from "../../log/placement.ts";
import { serveKind, topicSpecs, treasuryKind } from "../../log/topics.ts";
import { loadClassifier } from "../../serve/classify/onnx.ts";
import { createReleaseCache } from "../../serve/classify/release-cache.ts";
import { createFeatureService, type FeatureService } from "../../serve/enrich/feature-service.ts";
import { createServeProcessor, type ServeFacts } from "../../serve/processor.ts";
import { fifoMutex } from "../../serve/mutex.ts";
import type { ControlRecord } from "../../task/cycle/control-record.ts";
import { lmdbStores } from "../../task/store/lmdb-stores.ts";
import type { TaskObserver } from "../../task/observer.ts";
import { joinRunner, type Clock, type Runner } from "../../task/runner.ts";
import { createTreasuryProcessor, type TreasuryFacts } from "../../treasury/processor.ts";

export interface AllocatorOptions {
  readonly log: EventLog;
  readonly application: string;
  /** When topics are missing, they are made with these counts. */
  readonly partitions: { readonly users: number; readonly control: number };
  /** Local stores go here, a folder a kind. */
  readonly storeFolder: string;
  readonly features: { readonly url: string; readonly deadlineMs: number } | null;
  readonly batchRecords: number;
  /** How long a live task's cycle may take; left out: `batchRecords` alone bounds it. */
  readonly cycleMs?: number;
  /** Copies of the partitions that others run are brought up to date so often; left out: there are none. */
  readonly standbyMs?: number;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Of a campaign that is made: 32 bytes. */
  readonly newSecret: (campaign: string) => Uint8Array;
  readonly observer: TaskObserver;
  readonly onTrouble: (text: string) => void;
}

export interface Allocator {
  readonly serve: Runner<ServeFacts>;
  readonly treasury: Runner<TreasuryFacts>;
  /** Null when there is none. */
  readonly features: FeatureService | null;
  /** Drains both and gives back what they hold. */
  close(): Promise<void>;
}

const IDLE_MS = 200;
const DRAIN_MS = 5_000;

/** Makes missing topics and joins; throws `AlreadyRunning` when another process runs these tasks. */
export async function openAllocator(options: AllocatorOptions): Promise<Allocator> {
  const { log, partitions, newSecret } = options;
  await log.ensureTopics(topicSpecs(partitions));
  const placement = { users: await placementOf(log, "sessions"), control: await placementOf(log, "budget-pacing") };
  const releaseCache = createReleaseCache({
    log,
    codec: codecFor("releases"),
    load: loadClassifier,
    onTrouble: (hash, error) => options.onTrouble(`release ${hash}: ${errorMessage(error)}`),
  });
  const features = options.features === null ? null : createFeatureService(options.features);
  const joined = {
    log,
    codec: schemaCodec<ControlRecord>("control-record"),
    clock: options.clock,
    newLineage: options.newId,
    maxRecords: options.batchRecords,
    ...(options.cycleMs === undefined ? {} : { cycleMs: options.cycleMs }),
    ...(options.standbyMs === undefined ? {} : { standbyMs: options.standbyMs }),
    idleMs: IDLE_MS,
    drainMs: DRAIN_MS,
    observer: options.observer,
  };
  const treasury = await joinRunner<TreasuryFacts>({
    ...joined,
    kind: treasuryKind(options.application),
    processor: () =>
      createTreasuryProcessor({ shards: placement.users.partitions, placement: placement.control, newSecret }),
    openStore: lmdbStores(join(options.storeFolder, "treasury"), { onTrouble: options.onTrouble }),
  });
  try {
    const exclusively = fifoMutex();
    const serve = await joinRunner<ServeFacts>({
      ...joined,
      kind: serveKind(options.application),
      processor: () => createServeProcessor({ releaseCache, placement: placement.users, features, exclusively }),
      openStore: lmdbStores(join(options.storeFolder, "serve"), { onTrouble: options.onTrouble }),
    });
    return {
      serve,
      treasury,
      features,
      async close() {
        await serve.stop();
        await treasury.stop();
        features?.close();
        await releaseCache.close();
      },
    };
  } catch (error) {
    await treasury.stop();
    features?.close();
    throw error;
  }
}
