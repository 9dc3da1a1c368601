// Catalogue
// The topics of a folder, their settings, and each partition's head.

import { must } from "../../domain/assert.ts";
import { TopicMismatch, UnknownTopic, type TaskKind, type TopicSpec } from "../event-log.ts";
import { parseJson, putJson, type Database, type Environment } from "./environment.ts";
import { headKey, topicKey, TOPICS_FROM, TOPICS_TO } from "./keys.ts";

export interface Topic {
  readonly id: number;
  readonly spec: TopicSpec;
}

/** Offsets and sizes of a partition. */
export interface Head {
  readonly start: number;
  readonly end: number;
  /** Bytes before and after `cleanedTo`: what the last compaction left, and what came since. */
  readonly cleanBytes: number;
  readonly dirtyBytes: number;
  readonly cleanedTo: number;
}

export const EMPTY_HEAD: Head = { start: 0, end: 0, cleanBytes: 0, dirtyBytes: 0, cleanedTo: 0 };

export class Catalogue {
  readonly #environment: Environment;
  #topics = new Map<string, Topic>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Creates what is missing and brings settings up to date; changes nothing when a partition count differs. */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    const { db } = this.#environment;
    await this.#environment.write(() => {
      const found = readTopics(db);
      for (const spec of specs) {
        const topic = found.get(spec.name);
        if (topic && topic.spec.partitions !== spec.partitions)
          throw new TopicMismatch(
            `${spec.name} has ${topic.spec.partitions} partitions in ${this.#environment.path}, not ${spec.partitions}: ` +
              `run with that many, or begin an empty folder`,
          );
      }
      let next = Math.max(0, ...[...found.values()].map((topic) => topic.id)) + 1;
      for (const spec of specs) {
        const id = found.get(spec.name)?.id ?? next;
        if (id === next) next += 1;
        putJson(db, topicKey(spec.name), { id, spec } satisfies Topic);
      }
    });
    this.#topics = readTopics(db);
  }

  all(): readonly Topic[] {
    this.#topics = readTopics(this.#environment.db);
    return [...this.#topics.values()];
  }

  topic(name: string): Topic {
    const known = this.#topics.get(name);
    if (known) return known;
    this.#environment.refresh();
    this.#topics = readTopics(this.#environment.db);
    const topic = this.#topics.get(name);
    if (!topic) throw new UnknownTopic(`${name} is not a topic of ${this.#environment.path}`);
    return topic;
  }

  /** The topic, once it is sure that it has the partition. */
  partition(name: string, partition: number): Topic {
    const topic = this.topic(name);
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.spec.partitions)
      throw new UnknownTopic(`${name} has no partition ${partition}; it has ${topic.spec.partitions}`);
    return topic;
  }

  /** The partition count that all topics of a kind share. */
  partitionsOf(kind: TaskKind): number {
    const counts = [kind.changelog, ...kind.inputs].map((name) => [name, this.topic(name).spec.partitions] as const);
    const [, count] = must(counts[0], "a changelog");
    if (counts.some(([, other]) => other !== count))
      throw new TopicMismatch(
        `${kind.kind}: its topics differ in partitions: ${counts.map(([name, n]) => `${name} ${n}`).join(", ")}`,
      );
    return count;
  }
}

function readTopics(db: Database): Map<string, Topic> {
  const topics = new Map<string, Topic>();
  for (const { value } of db.getRange({ start: TOPICS_FROM, end: TOPICS_TO })) {
    const topic = parseJson<Topic>(value);
    topics.set(topic.spec.name, topic);
  }
  return topics;
}

const HEAD_FIELDS = ["start", "end", "cleanBytes", "dirtyBytes", "cleanedTo"] as const;

export function readHead(db: Database, topicId: number, partition: number): Head {
  const bytes = db.get(headKey(topicId, partition));
  if (!bytes) return EMPTY_HEAD;
  const [start = 0, end = 0, cleanBytes = 0, dirtyBytes = 0, cleanedTo = 0] = HEAD_FIELDS.map((_, i) =>
    bytes.readDoubleLE(i * 8),
  );
  return { start, end, cleanBytes, dirtyBytes, cleanedTo };
}

/** Inside a write. */
export function writeHead(db: Database, topicId: number, partition: number, head: Head): void {
  const bytes = Buffer.alloc(HEAD_FIELDS.length * 8);
  for (const [i, field] of HEAD_FIELDS.entries()) bytes.writeDoubleLE(head[field], i * 8);
  void db.put(headKey(topicId, partition), bytes);
}
