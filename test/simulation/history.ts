// History: everything that was ever on the topics, in the order in which it got there, also what compaction has taken
// away since. The log's clock counts appends in a simulated day, so that a record's time stamp names its transaction.

import { codecFor, type TopicValues } from "../../src/log/codec/codec.ts";
import type { EventLog, LogRecord } from "../../src/log/event-log.ts";

/** What got there at one instant: a task's commit, or what a producer sent in one call. */
export interface Transaction {
  readonly number: number;
  readonly records: readonly LogRecord[];
}

export class History {
  readonly #log: EventLog;
  readonly #next = new Map<string, number>();
  readonly #records: LogRecord[] = [];

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Reads on; answers what is new, by partition. */
  async read(topics: readonly string[]): Promise<readonly LogRecord[]> {
    const fresh: LogRecord[] = [];
    for (const topic of topics)
      for (const { partition, end } of await this.#log.ranges(topic)) {
        const name = `${topic}/${partition}`;
        const from = this.#next.get(name) ?? 0;
        if (from >= end) continue;
        for await (const batch of this.#log.read(topic, partition, from)) fresh.push(...batch);
        this.#next.set(name, end);
      }
    this.#records.push(...fresh);
    return fresh;
  }

  transactions(): Transaction[] {
    const all = this.#records.toSorted((a, b) => a.timestampMs - b.timestampMs);
    const transactions: { number: number; records: LogRecord[] }[] = [];
    for (const record of all) {
      const last = transactions.at(-1);
      if (last?.number === record.timestampMs) last.records.push(record);
      else transactions.push({ number: record.timestampMs, records: [record] });
    }
    return transactions;
  }
}

const known = new WeakMap<LogRecord, unknown>();

/** The record's value; each record is decoded once. */
export function valueOf<N extends keyof TopicValues>(topic: N, record: LogRecord): TopicValues[N] {
  const before = known.get(record);
  if (before !== undefined) return before as TopicValues[N];
  if (record.topic !== topic || record.value === null) throw new Error(`${topic}: there is no value`);
  const value = codecFor(topic).decode(record.value);
  known.set(record, value);
  return value;
}
