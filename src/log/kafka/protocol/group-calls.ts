// The requests of a member of a consumer group, with the formats that Kafka's own tools read.

import { KafkaError } from "../client/errors.ts";
import { ProtocolReader, ProtocolWriter } from "./bytes.ts";
import { wholeRequest, type Call } from "./calls.ts";

const PROTOCOL_TYPE = "consumer";

export interface JoinedMember {
  readonly id: string;
  readonly metadata: Buffer;
}

export interface Joined {
  readonly generation: number;
  readonly leader: string;
  readonly member: string;
  /** Of all members; only the leader is told. */
  readonly members: readonly JoinedMember[];
}

export interface JoinRequest {
  readonly group: string;
  readonly member: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocol: string;
  readonly metadata: Buffer;
}

/** `join id` comes with the id to use. */
export class MemberIdGiven extends Error {
  override name = "MemberIdGiven";
  readonly member: string;

  constructor(member: string) {
    super(`the group has given the member id ${member}`);
    this.member = member;
  }
}

export function joinGroup(request: JoinRequest): Call<Joined> {
  const { group, member, sessionTimeoutMs, rebalanceTimeoutMs } = request;
  const body = new ProtocolWriter().text(group).i32(sessionTimeoutMs).i32(rebalanceTimeoutMs).text(member).text(null);
  body.text(PROTOCOL_TYPE).array([request], ({ protocol, metadata }) => body.text(protocol).blob(metadata));
  return {
    api: 11,
    version: 5,
    name: "JoinGroup",
    body: body.bytes,
    waitMs: rebalanceTimeoutMs,
    decode(reader) {
      reader.i32();
      const error = reader.i16();
      const generation = reader.i32();
      reader.text();
      const [leader, id] = [reader.text() ?? "", reader.text() ?? ""];
      if (error === 79) throw new MemberIdGiven(id);
      if (error !== 0) throw new KafkaError(error, `join ${group}`);
      const members = reader.array(() => {
        const memberId = reader.text() ?? "";
        reader.text();
        return { id: memberId, metadata: reader.blob() ?? Buffer.alloc(0) };
      });
      return { generation, leader, member: id, members };
    },
  };
}

export interface MemberOf {
  readonly group: string;
  readonly generation: number;
  readonly member: string;
}

/** The leader brings everybody's assignment; answers with our own. */
export function syncGroup(of: MemberOf, assignments: ReadonlyMap<string, Buffer>, waitMs: number): Call<Buffer> {
  const body = new ProtocolWriter().text(of.group).i32(of.generation).text(of.member).text(null);
  body.array([...assignments], ([member, assignment]) => body.text(member).blob(assignment));
  return wholeRequest(14, 3, "SyncGroup", of.group, body, (reader) => reader.blob() ?? Buffer.alloc(0), waitMs);
}

export function heartbeat(of: MemberOf): Call<void> {
  const body = new ProtocolWriter().text(of.group).i32(of.generation).text(of.member).text(null);
  return wholeRequest(12, 3, "Heartbeat", of.group, body, () => undefined);
}

export function leaveGroup(of: Pick<MemberOf, "group" | "member">): Call<void> {
  const body = new ProtocolWriter().text(of.group);
  body.array([of.member], (member) => body.text(member).text(null));
  return wholeRequest(13, 3, "LeaveGroup", of.group, body, () => undefined);
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Outside of any transaction, as a member of the group. */
export function commitOffsets(of: MemberOf, offsets: readonly PartitionOffset[]): Call<void> {
  const topics = Map.groupBy(offsets, ({ topic }) => topic);
  const body = new ProtocolWriter().text(of.group).i32(of.generation).text(of.member).text(null);
  body.array([...topics], ([topic, some]) => {
    body.text(topic).array(some, ({ partition, offset }) => body.i32(partition).i64(offset).i32(-1).text(null));
  });
  return {
    api: 8,
    version: 7,
    name: "OffsetCommit",
    body: body.bytes,
    waitMs: 0,
    decode(reader) {
      reader.i32();
      reader.array(() => {
        const topic = reader.text() ?? "";
        reader.array(() => {
          const [partition, error] = [reader.i32(), reader.i16()];
          if (error !== 0) throw new KafkaError(error, `offset of ${topic} ${partition} for ${of.group}`);
        });
      });
    },
  };
}

export interface DescribedMember {
  readonly clientId: string;
  readonly host: string;
  readonly assignment: Buffer;
}

/** Who is in a group, as its coordinator has it; nobody where there is no such group. */
export function describeGroup(group: string): Call<readonly DescribedMember[]> {
  const body = new ProtocolWriter();
  body.array([group], (each) => body.text(each)).boolean(false);
  return {
    api: 15,
    version: 3,
    name: "DescribeGroups",
    body: body.bytes,
    waitMs: 0,
    decode(reader) {
      reader.i32();
      const groups = reader.array(() => {
        const error = reader.i16();
        for (let text = 0; text < 4; text += 1) reader.text();
        const members = reader.array(() => {
          reader.text();
          const [clientId, host] = [reader.text() ?? "", reader.text() ?? ""];
          reader.blob();
          return { clientId, host, assignment: reader.blob() ?? Buffer.alloc(0) };
        });
        reader.i32();
        if (error !== 0) throw new KafkaError(error, `describe group ${group}`);
        return members;
      });
      return groups.flat();
    },
  };
}

/** A member's subscription: the topics for tools, and what our assigner wants to know. */
export function encodeSubscription(topics: readonly string[], userData: Buffer): Buffer {
  const body = new ProtocolWriter().i16(0);
  body.array(topics, (topic) => body.text(topic));
  return body.blob(userData).bytes;
}

export function subscriptionUserData(bytes: Buffer): Buffer {
  const reader = new ProtocolReader(bytes);
  reader.i16();
  reader.array(() => reader.text());
  return reader.blob() ?? Buffer.alloc(0);
}

/** The same partitions of every topic. */
export function encodeAssignment(topics: readonly string[], partitions: readonly number[]): Buffer {
  const body = new ProtocolWriter().i16(0);
  body.array(topics, (topic) => {
    body.text(topic).array(partitions, (partition) => body.i32(partition));
  });
  return body.blob(Buffer.alloc(0)).bytes;
}

export function assignedPartitions(bytes: Buffer): number[] {
  if (bytes.length === 0) return [];
  const reader = new ProtocolReader(bytes);
  reader.i16();
  const [first] = reader.array(() => {
    reader.text();
    return reader.array(() => reader.i32());
  });
  return first ?? [];
}
