// Inputs: what tasks read, as it stood on the topics, so that a cycle's batch can be found again by its positions.

import type { LogRecord } from "../../../src/log/event-log.ts";
import type { Transaction } from "../history.ts";

/** A day as it was written down. */
export interface Written {
  readonly transactions: readonly Transaction[];
  /** After which of them the compacted topics were compacted. */
  readonly compactions: readonly number[];
}

const COMPACTED = ["grants", "erasures", "profiles", "releases"];

export class Inputs {
  readonly #records = new Map<string, LogRecord[]>();

  /** Goes through a day; each task's commit is given, with its first changelog record, before it is an input of others. */
  async follow(
    { transactions, compactions }: Written,
    commit: (transaction: Transaction, own: LogRecord) => void | Promise<void>,
  ): Promise<void> {
    const waiting = [...compactions];
    for (const transaction of transactions) {
      const { records, number } = transaction;
      for (let [next] = waiting; next !== undefined && next < number; [next] = waiting) {
        this.compact(COMPACTED);
        waiting.shift();
      }
      const own = records.find(({ topic }) => topic === "state" || topic === "treasury-state");
      if (own !== undefined) await commit(transaction, own);
      for (const record of records) this.add(record);
    }
  }

  add(record: LogRecord): void {
    const name = `${record.topic}/${record.partition}`;
    const list = this.#records.get(name);
    if (list === undefined) this.#records.set(name, [record]);
    else list.push(record);
  }

  /** Of compacted topics the last record of each key is left. */
  compact(topics: readonly string[]): void {
    for (const [name, list] of this.#records) {
      if (!topics.some((topic) => name.startsWith(`${topic}/`))) continue;
      const last = new Map(list.map((record) => [Buffer.from(record.key ?? []).toString("latin1"), record]));
      this.#records.set(
        name,
        list.filter((record) => last.get(Buffer.from(record.key ?? []).toString("latin1")) === record),
      );
    }
  }

  between(topic: string, partition: number, from: number, to: number): readonly LogRecord[] {
    const list = this.#records.get(`${topic}/${partition}`) ?? [];
    return list.slice(firstFrom(list, from), firstFrom(list, to));
  }

  /** One past the last offset that there is. */
  end(topic: string, partition: number): number {
    return (this.#records.get(`${topic}/${partition}`)?.at(-1)?.offset ?? -1) + 1;
  }
}

function firstFrom(records: readonly LogRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
