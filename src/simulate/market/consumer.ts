// Consumer
// Reads a topic to its end, again and again, from where it left off: what a downstream service does with decisions.

import { codecFor, type Codec, type TopicValues } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";

export class Consumer<N extends keyof TopicValues> {
  readonly #log: EventLog;
  readonly #topic: N;
  readonly #codec: Codec<TopicValues[N]>;
  readonly #next = new Map<number, number>();

  constructor(log: EventLog, topic: N) {
    this.#log = log;
    this.#topic = topic;
    this.#codec = codecFor(topic);
  }

  /** Calls `each` with every value that became readable since the last call; partition by partition, in order. */
  async drain(each: (value: TopicValues[N], partition: number) => void): Promise<void> {
    for (const { partition, start, end } of await this.#log.ranges(this.#topic)) {
      const from = Math.max(this.#next.get(partition) ?? 0, start);
      if (from >= end) continue;
      for await (const batch of this.#log.read(this.#topic, partition, from))
        for (const record of batch) {
          if (record.value !== null) each(this.#codec.decode(record.value), partition);
          this.#next.set(partition, record.offset + 1);
        }
    }
  }
}
