// Record cursor: the records of one partition one after another, with a look at the next.

import type { EventLog, LogRecord } from "../../log/event-log.ts";

export class RecordCursor {
  readonly #batches: AsyncIterator<readonly LogRecord[]>;
  #batch: readonly LogRecord[] = [];
  #at = 0;

  constructor(log: EventLog, topic: string, partition: number, from: number) {
    this.#batches = log.read(topic, partition, from)[Symbol.asyncIterator]();
  }

  /** Null at the end as it was when the reading began. */
  async peek(): Promise<LogRecord | null> {
    while (this.#at >= this.#batch.length) {
      const next = await this.#batches.next();
      if (next.done === true) return null;
      this.#batch = next.value;
      this.#at = 0;
    }
    return this.#batch[this.#at] ?? null;
  }

  async take(): Promise<LogRecord | null> {
    const record = await this.peek();
    if (record !== null) this.#at += 1;
    return record;
  }
}
