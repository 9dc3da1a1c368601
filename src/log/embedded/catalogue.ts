// Topics of a folder
// The topics of a folder and their settings, as this process has read them. `load` reads them again where a name is missing;
// the rest answers from memory.

import { must } from "../../domain/assert.ts";
import { TopicMismatch, UnknownTopic, type TaskKind, type TopicSpec } from "../event-log.ts";
import type { Partitioner } from "../partitioner.ts";
import type { SqliteEnvironment } from "./sqlite/environment.ts";
import type { StoredTopic } from "./sqlite/tables.ts";

export class FolderTopics {
  readonly partitioner: Partitioner;
  readonly #environment: SqliteEnvironment;
  #topics = new Map<string, StoredTopic>();

  constructor(environment: SqliteEnvironment, partitioner: Partitioner) {
    this.#environment = environment;
    this.partitioner = partitioner;
  }

  /** Creates what is missing and brings settings up to date; changes nothing when a partition count differs. */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    const { tables, path } = this.#environment;
    this.#topics = await this.#environment.write(() => {
      const found = byName(tables.topics());
      for (const spec of specs) {
        const topic = found.get(spec.name);
        if (topic && topic.spec.partitions !== spec.partitions)
          throw new TopicMismatch(
            `${spec.name} has ${topic.spec.partitions} partitions in ${path}, not ${spec.partitions}: ` +
              `run with that many, or begin an empty folder`,
          );
      }
      let next = Math.max(0, ...[...found.values()].map((topic) => topic.id)) + 1;
      for (const spec of specs) {
        const id = found.get(spec.name)?.id ?? next;
        if (id === next) next += 1;
        tables.putTopic({ id, spec });
      }
      return byName(tables.topics());
    });
  }

  async all(): Promise<readonly StoredTopic[]> {
    this.#topics = await this.#environment.read(() => byName(this.#environment.tables.topics()));
    return [...this.#topics.values()];
  }

  /** Before `topic` is asked for these names: another process may have made them. */
  async load(names: Iterable<string>): Promise<void> {
    for (const name of names)
      if (!this.#topics.has(name)) {
        await this.all();
        return;
      }
  }

  topic(name: string): StoredTopic {
    const topic = this.#topics.get(name);
    if (!topic) throw new UnknownTopic(`${name} is not a topic of ${this.#environment.path}`);
    return topic;
  }

  /** The topic, once it is sure that it has the partition. */
  partition(name: string, partition: number): StoredTopic {
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

function byName(topics: readonly StoredTopic[]): Map<string, StoredTopic> {
  return new Map(topics.map((topic) => [topic.spec.name, topic]));
}
