// Recovery
// How long it takes after something is done to the brokers until every partition has decided a session that was sent since.

import { setTimeout as sleep } from "node:timers/promises";
import { codecFor } from "../../../src/log/codec/codec.ts";
import type { EventLog } from "../../../src/log/event-log.ts";
import { sessionNumber } from "../load.ts";

const AGAIN_MS = 200;

interface Waiting {
  readonly fromMs: number;
  readonly fromSession: number;
  readonly partitions: Set<number>;
  readonly recovered: (ms: number) => void;
}

export class RecoveryWatch {
  readonly #waiting = new Set<Waiting>();
  readonly #stop = new AbortController();
  readonly #partitions: number;
  readonly #following: Promise<unknown>;

  constructor(log: EventLog, partitions: number) {
    this.#partitions = partitions;
    this.#following = Promise.all(Array.from({ length: partitions }, (_, partition) => this.#follow(log, partition)));
  }

  async #follow(log: EventLog, partition: number): Promise<void> {
    const codec = codecFor("decisions");
    const { signal } = this.#stop;
    for (let next = 0; !signal.aborted;)
      try {
        for await (const batch of log.read("decisions", partition, next, { follow: true, signal }))
          for (const { offset, value } of batch) {
            next = offset + 1;
            if (value !== null && this.#waiting.size > 0) this.#decided(partition, codec.decode(value).sessionId);
          }
      } catch {
        // It is away for longer than a log tries: read on from there, a little later.
        await sleep(AGAIN_MS);
      }
  }

  #decided(partition: number, sessionId: string): void {
    for (const each of this.#waiting) {
      if (sessionNumber(sessionId) < each.fromSession) continue;
      each.partitions.delete(partition);
      if (each.partitions.size > 0) continue;
      this.#waiting.delete(each);
      each.recovered(Math.round(performance.now() - each.fromMs));
    }
  }

  /** From now on, of sessions from that number on. */
  begin(fromSession: number, recovered: (ms: number) => void): void {
    const partitions = new Set(Array.from({ length: this.#partitions }, (_, partition) => partition));
    this.#waiting.add({ fromMs: performance.now(), fromSession, partitions, recovered });
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}
