// Grounds: the logs that are fuzzed, each with a way to put records on it as another's client would.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordTooLarge, type EventLog, type OutRecord } from "../../src/log/event-log.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import { Cluster } from "../../src/log/kafka/client/cluster.ts";
import { openKafkaLog } from "../../src/log/kafka/log.ts";
import { withDefaults } from "../../src/log/kafka/settings.ts";
import { crc32c } from "../../src/log/kafka/protocol/batches/crc32c.ts";
import { encodeRecordBatch } from "../../src/log/kafka/protocol/batches/record-batch.ts";
import { produce } from "../../src/log/kafka/protocol/transaction-calls.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import type { Random } from "../../src/domain/random.ts";
import { openRegisteredLog } from "../../src/log/codec/registry/registered-log.ts";
import { CODECS, compressed, type CodecName } from "../kafka/protocol/compressed.ts";
import { memoryRegistry } from "./memory-registry.ts";

export interface Ground {
  readonly name: string;
  /** For an allocator and for tools. */
  readonly log: EventLog;
  /** False where the log takes no such record from anybody. */
  put(record: OutRecord & { readonly partition: number }): Promise<boolean>;
  /** A batch of one record that unpacks to many megabytes; false where there is no such thing. */
  bomb(topic: string, partition: number): Promise<boolean>;
  /** What is old may go, so that the fuzz does not fill the memory. */
  maintain(nowMs: number): void;
  close(): Promise<void>;
}

export function simulatedGround(now: () => number): Promise<Ground> {
  const cluster = createSimulatedCluster({ now });
  const log = cluster.connect("fuzz");
  return Promise.resolve({
    name: "simulated",
    log,
    put(record) {
      cluster.append([record]);
      return Promise.resolve(true);
    },
    bomb(topic, partition) {
      cluster.append([{ topic, partition, key: Buffer.from("u1"), value: Buffer.alloc(9 << 20, "b") }]);
      return Promise.resolve(true);
    },
    maintain: (nowMs) => cluster.maintain(nowMs),
    close: () => log.close(),
  });
}

/** The simulated log read with a schema registry. */
export async function registryGround(now: () => number): Promise<Ground> {
  const ground = await simulatedGround(now);
  const log = await openRegisteredLog({
    log: ground.log,
    registry: memoryRegistry(),
    topicPrefix: "",
    onTrouble: () => undefined,
  });
  return { ...ground, name: "registry", log };
}

export async function embeddedGround(now: () => number): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), "stipend-fuzz-"));
  let tokens = 0;
  const log = await openEmbeddedLog({ folder, now, newToken: () => `${(tokens += 1)}`, durability: "process" });
  return {
    name: "embedded",
    log,
    async put(record) {
      try {
        await log.send([record]);
        return true;
      } catch (error) {
        // Whoever writes to this log writes through it, and its bounds.
        if (error instanceof RecordTooLarge) return false;
        throw error;
      }
    },
    bomb: () => Promise.resolve(false),
    maintain: () => undefined,
    async close() {
      await log.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The broker looks at it before it keeps a batch. */
function withChecksum(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}

const NOBODY = { producerId: -1, producerEpoch: -1, firstSequence: -1, transactional: false };

/** Batches as other clients make them: packed in any way, with any time, in any partition. */
export async function kafkaGround(brokers: string, prefix: string, now: () => number, random: Random): Promise<Ground> {
  const settings = { brokers: brokers.split(","), clientId: "fuzz", topicPrefix: prefix, onTrouble: () => undefined };
  const log = await openKafkaLog(settings, now);
  const cluster = new Cluster(withDefaults(settings));
  const pool = cluster.pool();
  const codecs = Object.keys(CODECS) as CodecName[];
  const send = async (topic: string, partition: number, batch: Buffer): Promise<boolean> => {
    const physical = `${prefix}${topic}`;
    const leader = await cluster.leader(physical, partition);
    const [answer] = await pool.send(leader, produce(null, [{ topic: physical, partition, batch }], 10_000));
    return answer?.error === 0;
  };
  const packed = (batch: Buffer): Buffer => {
    const codec = codecs[random.below(codecs.length + 3)];
    return codec === undefined ? batch : compressed(codec, batch);
  };
  return {
    name: "kafka",
    log,
    async put({ topic, partition, key, value, headers }) {
      const timestampMs = random.below(20) === 0 ? 0 : Date.now();
      const record = { key, value, timestampMs, ...(headers === undefined ? {} : { headers }) };
      return await send(topic, partition, withChecksum(packed(encodeRecordBatch([record], NOBODY))));
    },
    async bomb(topic, partition) {
      const record = {
        key: Buffer.from("u1"),
        value: Buffer.alloc(random.below(2) === 0 ? 9 << 20 : 60 << 20, "b"),
        timestampMs: Date.now(),
      };
      const codec = random.below(2) === 0 ? "gzip" : "zstd";
      return await send(topic, partition, withChecksum(compressed(codec, encodeRecordBatch([record], NOBODY))));
    },
    maintain: () => undefined,
    async close() {
      cluster.close();
      await log.close();
    },
  };
}
