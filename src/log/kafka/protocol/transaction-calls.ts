// The requests of a producer: its identity, its transactions and their records.

import { KafkaError } from "../client/errors.ts";
import { ProtocolWriter, type ProtocolReader } from "./bytes.ts";
import { wholeRequest, type Call } from "./calls.ts";

export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface Transaction extends ProducerIdentity {
  readonly transactionalId: string;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** With a transactional id: fences its former owner and ends what that one left open. */
export function initProducerId(transactionalId: string | null, timeoutMs: number): Call<ProducerIdentity> {
  const body = new ProtocolWriter().text(transactionalId).i32(timeoutMs);
  return wholeRequest(22, 1, "InitProducerId", transactionalId ?? "idempotent producer", body, (reader) => ({
    producerId: reader.i64(),
    producerEpoch: reader.i16(),
  }));
}

export function addPartitions(of: Transaction, topics: readonly TopicPartitions[]): Call<void> {
  const body = new ProtocolWriter().text(of.transactionalId).i64(of.producerId).i16(of.producerEpoch);
  body.array(topics, ({ topic, partitions }) => {
    body.text(topic).array(partitions, (partition) => body.i32(partition));
  });
  return {
    api: 24,
    version: 1,
    name: "AddPartitionsToTxn",
    body: body.bytes,
    waitMs: 0,
    decode: (reader) => checkPartitions(reader, of.transactionalId),
  };
}

export function endTransaction(of: Transaction, commit: boolean): Call<void> {
  const body = new ProtocolWriter().text(of.transactionalId).i64(of.producerId).i16(of.producerEpoch).boolean(commit);
  return wholeRequest(26, 1, "EndTxn", of.transactionalId, body, () => undefined);
}

/** Each partition has its own error; the first that tells why is thrown. */
function checkPartitions(reader: ProtocolReader, place: string): void {
  reader.i32();
  const errors: [string, number][] = reader
    .array(() => {
      const topic = reader.text() ?? "";
      return reader.array((): [string, number] => [`${place}, ${topic} ${reader.i32()}`, reader.i16()]);
    })
    .flat()
    .filter(([, code]) => code !== 0);
  const OPERATION_NOT_ATTEMPTED = 55;
  const [first] = errors.toSorted(
    ([, a], [, b]) => Number(a === OPERATION_NOT_ATTEMPTED) - Number(b === OPERATION_NOT_ATTEMPTED),
  );
  if (first) throw new KafkaError(first[1], first[0]);
}

export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProduceAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** −1 when the broker does not say. */
  readonly baseOffset: number;
}

/** One batch for each partition; waits for all in-sync replicas. */
export function produce(
  transactionalId: string | null,
  batches: readonly PartitionBatch[],
  timeoutMs: number,
): Call<ProduceAnswer[]> {
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  const body = new ProtocolWriter(
    batches.reduce((sum, { topic, batch }) => sum + batch.length + topic.length + 16, 64),
  );
  body.text(transactionalId).i16(-1).i32(timeoutMs);
  body.array([...topics], ([topic, partitions]) => {
    body.text(topic).array(partitions, ({ partition, batch }) => body.i32(partition).blob(batch));
  });
  return {
    api: 0,
    version: 7,
    name: "Produce",
    body: body.bytes,
    waitMs: timeoutMs,
    decode: (reader) =>
      reader
        .array(() => {
          const topic = reader.text() ?? "";
          return reader.array(() => {
            const answer = { topic, partition: reader.i32(), error: reader.i16(), baseOffset: reader.i64() };
            reader.i64();
            reader.i64();
            return answer;
          });
        })
        .flat(),
  };
}
