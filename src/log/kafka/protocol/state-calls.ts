// The requests that ask a broker what it knows of transactions: the coordinator of a transactional id, and the leaders of
// partitions. Both came with Kafka 3.0, in the compact encoding.

import { KafkaError } from "../client/errors.ts";
import { ProtocolWriter } from "./bytes.ts";
import type { Call } from "./calls.ts";
import type { TopicPartitions } from "./transaction-calls.ts";

const TRANSACTIONAL_ID_NOT_FOUND = 105;

/** What the coordinator has of a transactional id: the state of its last transaction, by Kafka's name. */
export function describeTransaction(transactionalId: string): Call<string | null> {
  const body = new ProtocolWriter();
  body.compactArray([transactionalId], (id) => body.compactText(id)).noTags();
  return {
    api: 65,
    version: 0,
    name: "DescribeTransactions",
    body: body.bytes,
    waitMs: 0,
    flexible: true,
    decode(reader) {
      reader.i32();
      const [found] = reader.compactArray(() => {
        const error = reader.i16();
        reader.compactText();
        const state = reader.compactText();
        reader.i32();
        reader.i64();
        reader.i64();
        reader.i16();
        reader.compactArray(() => {
          reader.compactText();
          reader.compactArray(() => reader.i32());
          reader.skipTags();
        });
        reader.skipTags();
        return { error, state };
      });
      if (!found || found.error === TRANSACTIONAL_ID_NOT_FOUND) return null;
      if (found.error !== 0) throw new KafkaError(found.error, `state of ${transactionalId}`);
      return found.state;
    },
  };
}

/** A producer that has an open transaction in a partition. */
export interface OpenTransaction {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: number;
  readonly firstOffset: number;
}

export function describeProducers(topics: readonly TopicPartitions[]): Call<OpenTransaction[]> {
  const body = new ProtocolWriter();
  body.compactArray(topics, ({ topic, partitions }) => {
    body.compactText(topic).compactArray(partitions, (partition) => body.i32(partition));
    body.noTags();
  });
  body.noTags();
  return {
    api: 61,
    version: 0,
    name: "DescribeProducers",
    body: body.bytes,
    waitMs: 0,
    flexible: true,
    decode(reader) {
      reader.i32();
      const open: OpenTransaction[] = [];
      reader.compactArray(() => {
        const topic = reader.compactText() ?? "";
        reader.compactArray(() => {
          const [partition, error] = [reader.i32(), reader.i16()];
          reader.compactText();
          reader.compactArray(() => {
            const producerId = reader.i64();
            reader.i32();
            reader.i32();
            reader.i64();
            reader.i32();
            const firstOffset = reader.i64();
            reader.skipTags();
            if (firstOffset >= 0) open.push({ topic, partition, producerId, firstOffset });
          });
          reader.skipTags();
          if (error !== 0) throw new KafkaError(error, `producers of ${topic} ${partition}`);
        });
        reader.skipTags();
      });
      return open;
    },
  };
}
