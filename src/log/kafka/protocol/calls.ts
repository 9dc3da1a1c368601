// Calls
// The requests that Stipend makes of a broker, each in one fixed version that every Kafka from 2.4 to 4 knows, with the
// decoding of its answer. Errors that concern the whole request are thrown; those of single partitions are returned.

import { KafkaError } from "../client/errors.ts";
import { ProtocolWriter, type ProtocolReader } from "./bytes.ts";

export interface Call<T> {
  readonly api: number;
  readonly version: number;
  readonly name: string;
  readonly body: Buffer;
  /** How long the broker itself may hold the answer back. */
  readonly waitMs: number;
  /** In Kafka's newer, compact encoding, in which headers have a place for tags. */
  readonly flexible?: true;
  decode(reader: ProtocolReader): T;
}

function call<T>(
  api: number,
  version: number,
  name: string,
  body: ProtocolWriter,
  decode: (reader: ProtocolReader) => T,
): Call<T> {
  return { api, version, name, body: body.bytes, decode, waitMs: 0 };
}

function check(code: number, place: string): void {
  if (code !== 0) throw new KafkaError(code, place);
}

/** Nearly every answer begins with the time to wait for a quota; the connection has read it. */
function skipThrottle(reader: ProtocolReader): void {
  reader.i32();
}

/** Its answer has one error, for the whole request: it is thrown, and names `place`. */
export function wholeRequest<T>(
  api: number,
  version: number,
  name: string,
  place: string,
  body: ProtocolWriter,
  decode: (reader: ProtocolReader) => T,
  waitMs = 0,
): Call<T> {
  return {
    api,
    version,
    name,
    body: body.bytes,
    waitMs,
    decode(reader) {
      skipThrottle(reader);
      check(reader.i16(), `${name} ${place}`);
      return decode(reader);
    },
  };
}

export interface ApiRange {
  readonly api: number;
  readonly min: number;
  readonly max: number;
}

export function apiVersions(): Call<ApiRange[]> {
  return call(18, 0, "ApiVersions", new ProtocolWriter(), (reader) => {
    check(reader.i16(), "versions");
    return reader.array(() => ({ api: reader.i16(), min: reader.i16(), max: reader.i16() }));
  });
}

export interface BrokerAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export interface PartitionMetadata {
  readonly error: number;
  readonly partition: number;
  readonly leader: number;
  /** Rises with each new leader. */
  readonly epoch: number;
  readonly replicas: number;
}

export interface TopicMetadata {
  readonly error: number;
  readonly topic: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionMetadata[];
}

export interface ClusterMetadata {
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly TopicMetadata[];
}

/** Null asks for all topics. */
export function metadata(topics: readonly string[] | null): Call<ClusterMetadata> {
  const body = new ProtocolWriter();
  body.array(topics, (topic) => body.text(topic)).boolean(false);
  return call(3, 7, "Metadata", body, (reader) => {
    skipThrottle(reader);
    const brokers = reader.array(() => readBroker(reader));
    reader.text();
    reader.i32();
    return { brokers, topics: reader.array(() => readTopic(reader)) };
  });
}

function readBroker(reader: ProtocolReader): BrokerAddress {
  const broker = { id: reader.i32(), host: reader.text() ?? "", port: reader.i32() };
  reader.text();
  return broker;
}

function readTopic(reader: ProtocolReader): TopicMetadata {
  return {
    error: reader.i16(),
    topic: reader.text() ?? "",
    internal: reader.boolean(),
    partitions: reader.array(() => {
      const [error, partition, leader, epoch] = [reader.i16(), reader.i32(), reader.i32(), reader.i32()];
      const replicas = reader.array(() => reader.i32()).length;
      reader.array(() => reader.i32());
      reader.array(() => reader.i32());
      return { error, partition, leader, epoch, replicas };
    }),
  };
}

export type CoordinatorOf = "group" | "transaction";

export function findCoordinator(of: CoordinatorOf, key: string): Call<BrokerAddress> {
  const body = new ProtocolWriter().text(key).i8(of === "group" ? 0 : 1);
  return call(10, 1, "FindCoordinator", body, (reader) => {
    skipThrottle(reader);
    check(reader.i16(), `coordinator of ${key}`);
    reader.text();
    return { id: reader.i32(), host: reader.text() ?? "", port: reader.i32() };
  });
}

/** Which end of a partition: its start, or the end of what is committed. */
export const EARLIEST = -2;
export const LATEST = -1;

export interface OffsetAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  readonly offset: number;
}

export function listOffsets(topic: string, partitions: readonly number[], which: number): Call<OffsetAnswer[]> {
  const body = new ProtocolWriter().i32(-1).i8(1);
  body.array([topic], (name) => {
    body.text(name).array(partitions, (partition) => body.i32(partition).i64(which));
  });
  return call(2, 2, "ListOffsets", body, (reader) => {
    skipThrottle(reader);
    return reader
      .array(() => {
        const name = reader.text() ?? "";
        return reader.array(() => {
          const [partition, error] = [reader.i32(), reader.i16()];
          reader.i64();
          return { topic: name, partition, error, offset: reader.i64() };
        });
      })
      .flat();
  });
}

export interface CommittedAnswer {
  readonly topic: string;
  readonly partition: number;
  /** −1: none. */
  readonly offset: number;
}

export function offsetFetch(group: string): Call<CommittedAnswer[]> {
  const body = new ProtocolWriter().text(group).array<string>(null, () => undefined);
  return call(9, 4, "OffsetFetch", body, (reader) => {
    skipThrottle(reader);
    const answers = reader
      .array(() => {
        const topic = reader.text() ?? "";
        return reader.array(() => {
          const [partition, offset] = [reader.i32(), reader.i64()];
          reader.text();
          check(reader.i16(), `offsets of ${group}`);
          return { topic, partition, offset };
        });
      })
      .flat();
    check(reader.i16(), `offsets of ${group}`);
    return answers;
  });
}
