// Leaders
// Who leads each partition, as the cluster's answers say. An answer may come from a broker that is behind: the epoch of a
// leader tells which of two is the later.

import type { PartitionMetadata, TopicMetadata } from "../protocol/calls.ts";

/** A topic that was made anew under its name begins with epoch 0: an older epoch that is heard for longer holds. */
const BEHIND_MS = 3_000;

interface Known {
  readonly leader: number;
  readonly epoch: number;
  /** When this epoch, or a later one, was heard last. */
  readonly heardMs: number;
}

export class Leaders {
  /** By topic, then by partition. */
  readonly #known = new Map<string, readonly Known[]>();

  get topics(): string[] {
    return [...this.#known.keys()];
  }

  learn(topics: readonly TopicMetadata[], nowMs: number): void {
    for (const { topic, error, partitions } of topics) {
      if (error !== 0) {
        this.#known.delete(topic);
        continue;
      }
      const before = this.#known.get(topic) ?? [];
      const inOrder = partitions.toSorted((a, b) => a.partition - b.partition);
      this.#known.set(
        topic,
        inOrder.map((heard) => later(before[heard.partition], heard, nowMs)),
      );
    }
  }

  /** How many partitions the topic has; null when it is not known. */
  count(topic: string): number | null {
    return this.#known.get(topic)?.length ?? null;
  }

  /** Null: it has none now, or is not known. */
  of(topic: string, partition: number): number | null {
    const leader = this.#known.get(topic)?.[partition]?.leader ?? -1;
    return leader < 0 ? null : leader;
  }
}

function later(known: Known | undefined, { leader, epoch }: PartitionMetadata, nowMs: number): Known {
  if (known !== undefined && epoch < known.epoch && nowMs - known.heardMs < BEHIND_MS) return known;
  return { leader, epoch, heardMs: nowMs };
}
