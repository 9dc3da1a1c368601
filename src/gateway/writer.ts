// Writer
// Puts records on the log for many requests at a time: what arrives within the linger, or while a batch is under way, goes
// with the next one.

import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../domain/error-message.ts";
import { Problem } from "../http/problem.ts";
import type { EventLog, OutRecord } from "../log/event-log.ts";

const STUCK_MS = 1_000;

interface Waiting {
  readonly records: readonly OutRecord[];
  readonly sinceMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function logAway(why: string): Problem {
  return new Problem(503, "log_unavailable", `the log did not take it, or not that one knew: ${why}`, {
    retryAfter: 1,
  });
}

export class SessionWriter {
  readonly #log: Pick<EventLog, "send">;
  readonly #lingerMs: number;
  readonly #elapsedMs: () => number;
  #queue: Waiting[] = [];
  #underWay: readonly Waiting[] = [];
  #working = false;

  constructor(log: Pick<EventLog, "send">, lingerMs: number, elapsedMs: () => number) {
    this.#log = log;
    this.#lingerMs = lingerMs;
    this.#elapsedMs = elapsedMs;
  }

  /** Resolves when the log has taken them; rejects with a Problem: then they may or may not be there. */
  async write(records: readonly OutRecord[]): Promise<void> {
    if (this.isStuck) throw logAway("it does not answer");
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ records, sinceMs: this.#elapsedMs(), resolve, reject });
      if (!this.#working) void this.#work();
    });
  }

  /** The log has not answered for so long that more would only wait behind what waits. */
  get isStuck(): boolean {
    const oldest = this.#underWay[0] ?? this.#queue[0];
    return oldest !== undefined && this.#elapsedMs() - oldest.sinceMs > STUCK_MS;
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#queue.length > 0) {
      await sleep(this.#lingerMs);
      this.#underWay = this.#queue;
      this.#queue = [];
      try {
        await this.#log.send(this.#underWay.flatMap(({ records }) => records));
        for (const { resolve } of this.#underWay) resolve();
      } catch (error) {
        const problem = logAway(errorMessage(error));
        for (const { reject } of this.#underWay) reject(problem);
      }
      this.#underWay = [];
    }
    this.#working = false;
  }
}
