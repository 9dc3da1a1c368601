// Sending
// A JSON value as a record of its topic: checked against the schema and the contract, keyed as the topic table says. Who may
// write a topic is said here too: what only the allocator writes is its account of the money, and anybody else's row would
// break it.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { eventBreach, type Event } from "../../domain/session/event-contract.ts";
import { unitFault } from "../../domain/reading/instant.ts";
import { MAX_EVENT_BYTES } from "../../domain/session/session.ts";
import { codecFor, decodedOrNull, Unencodable, type TopicValues } from "./codec.ts";
import { fromJson } from "./json.ts";
import type { OutRecord } from "../event-log.ts";
import { partitionOf, type Placement } from "../partitioner.ts";
import { TOPICS } from "../topics.ts";

/** It is right by itself, and more than its topic takes. */
export class ValueTooLarge extends InvalidInput {
  override name = "TooLarge";
}

export type SendableTopic = keyof TopicValues;

interface Way<T> {
  /** The allocator alone writes it. */
  readonly own: boolean;
  readonly key: (value: T) => Uint8Array | null;
  /** Where the value says it, and not the key. */
  readonly partition?: (value: T, placement: Placement) => number;
}

const text = (key: string): Uint8Array => Buffer.from(key);

const ofCampaign = ({ campaign }: { readonly campaign: string }, placement: Placement): number =>
  partitionOf(text(campaign), placement);

const WAYS: { readonly [N in SendableTopic]: Way<TopicValues[N]> } = {
  sessions: { own: false, key: ({ userId }) => text(userId) },
  outcomes: { own: false, key: ({ userId }) => text(userId) },
  erasures: { own: false, key: ({ userId }) => text(userId) },
  profiles: { own: false, key: ({ userId }) => text(userId) },
  "budget-pacing": { own: false, key: ({ campaign }) => text(campaign), partition: ofCampaign },
  releases: { own: false, key: ({ campaign, hash }) => text(`${campaign}/${hash}`), partition: ofCampaign },
  decisions: { own: true, key: ({ userId }) => text(userId) },
  settlements: { own: true, key: ({ userId }) => text(userId) },
  "training-log": { own: true, key: ({ userId }) => text(userId) },
  "dead-letters": {
    own: true,
    key: ({ key }) => key,
    partition: ({ partition }, { partitions }) => partition % partitions,
  },
  "budget-status": { own: true, key: ({ campaign }) => text(campaign) },
  grants: { own: true, key: ({ campaign }) => text(campaign.id), partition: ({ shard }) => shard },
  partitioning: { own: true, key: () => null, partition: () => 0 },
  "shard-reports": { own: true, key: ({ campaign }) => text(campaign) },
};

/** The topic, if JSON can be sent to it; the changelogs are their tasks' own. */
export function sendable(topic: string, force: boolean): SendableTopic {
  if (!Object.hasOwn(TOPICS, topic))
    throw new InvalidInput(`there is no topic ${topic}; there are ${Object.keys(TOPICS).join(", ")}`);
  if (!isSendable(topic))
    throw new InvalidInput(`${topic} is the changelog of a task: a record from outside would break its state`);
  if (WAYS[topic].own && !force)
    throw new InvalidInput(
      `${topic} is written by the allocator alone: a row from outside breaks the proof of the money (--force sends it all the same)`,
    );
  return topic;
}

function isSendable(topic: string): topic is SendableTopic {
  return Object.hasOwn(WAYS, topic);
}

/** The partition in which a record of others is looked for; undefined where neither its value nor its key says one. */
export function homeOf<N extends SendableTopic>(
  topic: N,
  { key, value }: Pick<OutRecord, "key" | "value">,
  placement: Placement,
): number | undefined {
  const way: Way<TopicValues[N]> = WAYS[topic];
  const said = way.partition === undefined || value === null ? null : decodedOrNull(codecFor(topic), value);
  if (said !== null) return way.partition?.(said, placement);
  return key === null ? undefined : partitionOf(key, placement);
}

/** Throws InvalidInput that names the field. */
export function recordFrom<N extends SendableTopic>(
  topic: N,
  json: unknown,
  placement: Placement,
  nowMs: number,
): OutRecord {
  if (topic === "profiles" && isDeletion(json)) {
    const { userId } = valueFrom("profiles", { atMs: nowMs, ...json, attributes: {} }, nowMs);
    return { topic, key: text(userId), value: null };
  }
  return recordOf(topic, valueFrom(topic, json, nowMs), placement);
}

/** By the schema and the contract; throws InvalidInput that names the field. */
export function valueFrom<N extends SendableTopic>(topic: N, json: unknown, nowMs: number): TopicValues[N] {
  const value = fromJson(topic, json);
  const fault = faultOf(topic, value, nowMs);
  if (fault !== null) throw new InvalidInput(`${topic}: ${fault}`);
  return value;
}

/** Throws InvalidInput when it is larger than what its topic takes. */
export function recordOf<N extends SendableTopic>(topic: N, value: TopicValues[N], placement: Placement): OutRecord {
  const way: Way<TopicValues[N]> = WAYS[topic];
  const bytes = encoded(topic, value);
  const most = isEvent(topic) ? MAX_EVENT_BYTES : TOPICS[topic].maxRecordBytes;
  if (bytes.length > most)
    throw new ValueTooLarge(`${topic}: ${bytes.length} bytes, more than the ${most} that a record of it has at most`);
  const partition = way.partition?.(value, placement);
  return { topic, key: way.key(value), value: bytes, ...(partition === undefined ? {} : { partition }) };
}

/** What the allocator would make a dead letter for, and a time in another unit of whatever else has one. */
function faultOf(topic: SendableTopic, value: TopicValues[SendableTopic], nowMs: number): string | null {
  if (isEvent(topic)) return eventBreach(value as Event, nowMs)?.[1] ?? null;
  const unit = "atMs" in value ? unitFault(value.atMs, nowMs) : null;
  return unit === null ? null : `atMs: ${unit}`;
}

function isEvent(topic: SendableTopic): boolean {
  return topic === "sessions" || topic === "outcomes" || topic === "profiles";
}

/** A profile whose attributes are null is deleted. */
function isDeletion(json: unknown): json is { readonly attributes: null } {
  return typeof json === "object" && json !== null && "attributes" in json && json.attributes === null;
}

/** Throws InvalidInput that names the field. */
export function encoded<N extends SendableTopic>(topic: N, value: TopicValues[N]): Uint8Array {
  try {
    return codecFor(topic).encode(value);
  } catch (error) {
    if (error instanceof Unencodable) throw new InvalidInput(error.message);
    throw error;
  }
}
