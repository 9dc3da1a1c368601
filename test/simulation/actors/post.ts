// Post: what producers have written and the log does not have yet, by the time at which it gets there.

import type { OutRecord } from "../../../src/log/event-log.ts";

interface Letter {
  readonly atMs: number;
  readonly record: OutRecord;
}

export class Post {
  /** The last to be delivered first. */
  readonly #letters: Letter[] = [];

  send(at: number, record: OutRecord): void {
    const atMs = Math.ceil(at);
    let low = 0;
    let high = this.#letters.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#letters[middle]?.atMs ?? 0) > atMs) low = middle + 1;
      else high = middle;
    }
    this.#letters.splice(low, 0, { atMs, record });
  }

  /** When the next is delivered; null when all have been. */
  get nextMs(): number | null {
    return this.#letters.at(-1)?.atMs ?? null;
  }

  due(nowMs: number): OutRecord[] {
    const records: OutRecord[] = [];
    for (let last = this.#letters.at(-1); last !== undefined && last.atMs <= nowMs; last = this.#letters.at(-1)) {
      records.push(last.record);
      this.#letters.pop();
    }
    return records;
  }
}
