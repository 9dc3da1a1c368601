// The bare pass-through of the Kafka benchmark: kafkajs' own consumer and transactional producer, a transaction of at most
// as many inputs as ours takes with the group's offsets in it, and for each input as many records of the same size as ours
// writes. It keeps no state and decides nothing. Says a line of JSON when it has had COUNT inputs; any trouble ends it.
//
//   node benchmarks/kafka/pass-through.ts BROKERS INPUT OUTPUT COUNT WARM_UP RECORDS_EACH BYTES_EACH
//
// kafkajs makes one record batch of all that a send has for a partition. Once ours wrote so much for a session that a
// thousand inputs' records were larger than the output topic's max.message.bytes, the broker refused each of them
// (MESSAGE_TOO_LARGE); that is not retriable, so kafkajs ended its consumer, said so in its log only, which was switched
// off, and this process stood still. So a transaction's records go in sends of BATCH_BYTES, and a crash is told.

import { Kafka, logLevel, type EachBatchPayload, type Message, type Producer } from "kafkajs";
import { must } from "../../src/domain/assert.ts";
import { Pace } from "./pace.ts";

const [brokers = "", input = "", output = "", ...numbers] = process.argv.slice(2);
const [count = 0, warmUp = 0, recordsEach = 1, bytesEach = 1] = numbers.map(Number);
const MAX_RECORDS = 1_000;
/** As ours; the topic takes twice that. */
const BATCH_BYTES = 512 * 1024;
/** What a record has besides its key and value, at most. */
const RECORD_OVERHEAD = 24;
const PARTITIONS_AT_ONCE = 16;
const GROUP = `bench-${output}`;

const kafka = new Kafka({
  brokers: brokers.split(","),
  clientId: "pass-through",
  // It calls each COORDINATOR_NOT_AVAILABLE and CONCURRENT_TRANSACTIONS an error, and tries again.
  logLevel: logLevel.NOTHING,
  // CONCURRENT_TRANSACTIONS passes in milliseconds; by default kafkajs waits 300 ms for it.
  retry: { initialRetryTime: 5, maxRetryTime: 1_000, retries: 50, factor: 0.2, multiplier: 1.3 },
});
const consumer = kafka.consumer({ groupId: GROUP, maxWaitTimeInMs: 20 });
const producers = new Map<number, Promise<Producer>>();
const filler = Buffer.alloc(bytesEach, 7);
const pace = new Pace(warmUp);
const finished = Promise.withResolvers<void>();

consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
  // Where it begins again is the group's offsets, which may be pending still: it could count inputs twice.
  if (!restart || pace.total > 0) finished.reject(error);
});
await consumer.connect();
await consumer.subscribe({ topic: input, fromBeginning: true });
await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: PARTITIONS_AT_ONCE, eachBatch });
await finished.promise;
console.log(JSON.stringify(pace.figures()));
await consumer.disconnect();
process.exit(0);

async function eachBatch(payload: EachBatchPayload): Promise<void> {
  const { partition, messages } = payload.batch;
  const producer = await producerOf(partition);
  for (let from = 0; from < messages.length; from += MAX_RECORDS) {
    const inputs = messages.slice(from, from + MAX_RECORDS);
    const { offset } = must(inputs.at(-1), "an input");
    const transaction = await producer.transaction();
    for (const lot of outputs(inputs, partition)) await transaction.send({ topic: output, messages: lot });
    const topics = [{ topic: input, partitions: [{ partition, offset: String(BigInt(offset) + 1n) }] }];
    await transaction.sendOffsets({ consumerGroupId: GROUP, topics });
    await transaction.commit();
    payload.resolveOffset(offset);
    await payload.heartbeat();
    pace.done(inputs.length);
    if (pace.total >= count) finished.resolve();
  }
}

/** In lots, each for one send. */
function outputs(inputs: readonly { readonly key: Buffer | null }[], partition: number): Message[][] {
  const lots: Message[][] = [];
  const inLot = Math.max(1, Math.floor(BATCH_BYTES / (bytesEach + RECORD_OVERHEAD)));
  const all = Math.max(1, Math.round(inputs.length * recordsEach));
  for (let from = 0; from < all; from += inLot) {
    const size = Math.min(inLot, all - from);
    lots.push(
      Array.from({ length: size }, (_, i) => message(inputs[(from + i) % inputs.length]?.key ?? null, partition)),
    );
  }
  return lots;
}

function message(key: Buffer | null, partition: number): Message {
  return { key, value: filler.subarray(0, Math.max(1, bytesEach - (key?.length ?? 0))), partition };
}

/** A transactional id a partition, as ours has. */
function producerOf(partition: number): Promise<Producer> {
  let producer = producers.get(partition);
  if (producer === undefined) {
    producer = connected(`${output}-${partition}`);
    producers.set(partition, producer);
  }
  return producer;
}

async function connected(transactionalId: string): Promise<Producer> {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return producer;
}
