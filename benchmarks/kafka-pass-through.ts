// The bare pass-through of the Kafka benchmark: kafkajs' own consumer and transactional producer, a transaction a batch with
// the group's offsets, and for each input as many records of the same size as ours writes. It keeps no state and decides
// nothing. Says a line of JSON when it has had COUNT inputs.
//
//   node benchmarks/kafka-pass-through.ts BROKERS INPUT OUTPUT COUNT RECORDS_EACH BYTES_EACH

import { Kafka, logLevel, type EachBatchPayload, type Message, type Producer } from "kafkajs";
import { must } from "../src/domain/assert.ts";
import { Pace } from "./kafka-pace.ts";

const [brokers = "", input = "", output = "", count = "0", recordsEach = "1", bytesEach = "1"] = process.argv.slice(2);
const MAX_RECORDS = 1_000;
const PARTITIONS_AT_ONCE = 16;
const GROUP = `bench-${output}`;

const kafka = new Kafka({
  brokers: [brokers],
  clientId: "pass-through",
  logLevel: logLevel.NOTHING,
  // CONCURRENT_TRANSACTIONS passes in milliseconds; by default kafkajs waits 300 ms for it.
  retry: { initialRetryTime: 5, maxRetryTime: 1_000, retries: 50, factor: 0.2, multiplier: 1.3 },
});
const consumer = kafka.consumer({ groupId: GROUP, maxWaitTimeInMs: 20 });
const producers = new Map<number, Promise<Producer>>();
const value = Buffer.alloc(Math.max(1, Number(bytesEach) - 20), 7);
const pace = new Pace();
const finished = Promise.withResolvers<void>();

await consumer.connect();
await consumer.subscribe({ topic: input, fromBeginning: true });
await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: PARTITIONS_AT_ONCE, eachBatch });
await finished.promise;
console.log(JSON.stringify(pace.figures()));
await consumer.disconnect();
process.exit(0);

async function eachBatch(payload: EachBatchPayload): Promise<void> {
  const { batch } = payload;
  const producer = await producerOf(batch.partition);
  for (let from = 0; from < batch.messages.length; from += MAX_RECORDS) {
    const inputs = batch.messages.slice(from, from + MAX_RECORDS);
    const next = String(BigInt(must(inputs.at(-1), "an input").offset) + 1n);
    // A producer whose commit failed can begin no other transaction: the batch comes again, to a new one.
    producers.delete(batch.partition);
    const transaction = await producer.transaction();
    await transaction.send({
      topic: output,
      messages: outputs(
        inputs.map(({ key }) => key),
        batch.partition,
      ),
    });
    const topics = [{ topic: input, partitions: [{ partition: batch.partition, offset: next }] }];
    await transaction.sendOffsets({ consumerGroupId: GROUP, topics });
    await transaction.commit();
    producers.set(batch.partition, Promise.resolve(producer));
    payload.resolveOffset(must(inputs.at(-1), "an input").offset);
    await payload.heartbeat();
    pace.done(inputs.length);
    if (pace.total >= Number(count)) finished.resolve();
  }
}

function outputs(keys: readonly (Buffer | null)[], partition: number): Message[] {
  const each = Number(recordsEach);
  return Array.from({ length: Math.max(1, Math.round(keys.length * each)) }, (_, i) => ({
    key: keys[i % keys.length] ?? null,
    value,
    partition,
  }));
}

/** A transactional id a partition, as ours has. */
function producerOf(partition: number): Promise<Producer> {
  let producer = producers.get(partition);
  if (producer === undefined) {
    producer = (async () => {
      const made = kafka.producer({
        transactionalId: `${output}-${partition}`,
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await made.connect();
      return made;
    })();
    producers.set(partition, producer);
  }
  return producer;
}
