// Recorded
// What the log has of a decision or a user, read back from the end of its partitions: for what is asked about later than it
// is known (known.ts). Bounded in how far it reads and in how many read at a time.

import type { Decision } from "../domain/decision/decision.ts";
import type { Session } from "../domain/session/session.ts";
import { Problem } from "../http/problem.ts";
import { codecFor, decodedOrNull, type TopicValues } from "../log/codec/codec.ts";
import { erasedAt } from "../log/codec/erased-users.ts";
import type { EventLog, LogRecord } from "../log/event-log.ts";
import { lookBack } from "../log/reading/look-back.ts";
import type { History } from "./contract.ts";

/** Of a partition. */
const MOST_RECORDS = 200_000;
const AT_A_TIME = 4;

interface OfUser {
  readonly userId: string;
  readonly partition: number;
  readonly most: number;
  readonly forgottenMs: number;
}

export class PublishedSession {
  readonly #log: EventLog;
  #reading = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Null where the last records of the partitions do not have it. */
  async decision(decisionId: string, partitions: readonly number[]): Promise<Decision | null> {
    return await this.#find("decisions", partitions, decisionId, (decision) => decision.decisionId === decisionId);
  }

  /** The session of that time; null where it has gone by retention. */
  async session(sessionId: string, atMs: number, partition: number): Promise<Session | null> {
    return await this.#find(
      "sessions",
      [partition],
      sessionId,
      (session) => session.sessionId === sessionId && session.atMs === atMs,
    );
  }

  /** The last of each, newest first; of a user who was erased, what came since. */
  async history(userId: string, partition: number, most: number): Promise<History> {
    return await this.#admitted(async () => {
      const forgottenMs = (await erasedAt(this.#log, userId, partition)) ?? -Infinity;
      const [decisions, settlements, outcomes] = await Promise.all([
        this.#lastOf("decisions", { userId, partition, most, forgottenMs }),
        this.#lastOf("settlements", { userId, partition, most, forgottenMs }),
        this.#lastOf("outcomes", { userId, partition, most, forgottenMs }),
      ]);
      return {
        decisions: decisions.found,
        settlements: settlements.found,
        outcomes: outcomes.found,
        isComplete: decisions.isComplete && settlements.isComplete && outcomes.isComplete,
      };
    });
  }

  async #find<N extends keyof TopicValues>(
    topic: N,
    partitions: readonly number[],
    id: string,
    fits: (value: TopicValues[N]) => boolean,
  ): Promise<TopicValues[N] | null> {
    return await this.#admitted(async () => {
      for (const partition of partitions)
        for await (const { records } of lookBack(this.#log, topic, partition, MOST_RECORDS))
          for (const value of valuesWith(topic, records, id)) if (fits(value)) return value;
      return null;
    });
  }

  async #lastOf<N extends "decisions" | "settlements" | "outcomes">(
    topic: N,
    { userId, partition, most, forgottenMs }: OfUser,
  ): Promise<{ readonly found: readonly TopicValues[N][]; readonly isComplete: boolean }> {
    const found: TopicValues[N][] = [];
    let isComplete = true;
    for await (const { records, isFirst } of lookBack(this.#log, topic, partition, MOST_RECORDS)) {
      isComplete = isFirst;
      const since = records.filter(({ timestampMs }) => timestampMs > forgottenMs);
      for (const value of valuesWith(topic, since, userId)) if (value.userId === userId) found.push(value);
      if (found.length > most) return { found: found.slice(0, most), isComplete: false };
    }
    return { found, isComplete };
  }

  async #admitted<T>(read: () => Promise<T>): Promise<T> {
    if (this.#reading >= AT_A_TIME)
      throw new Problem(429, "busy", `${AT_A_TIME} requests read the log back already`, { retryAfter: 1 });
    this.#reading += 1;
    try {
      return await read();
    } finally {
      this.#reading -= 1;
    }
  }
}

/** Those whose bytes hold the id, newest first; the others need not be decoded. */
function* valuesWith<N extends keyof TopicValues>(
  topic: N,
  records: readonly LogRecord[],
  id: string,
): Generator<TopicValues[N]> {
  const codec = codecFor(topic);
  for (const { value } of records.toReversed()) {
    if (value === null || !Buffer.from(value.buffer, value.byteOffset, value.length).includes(id)) continue;
    const decoded = decodedOrNull(codec, value);
    if (decoded !== null) yield decoded;
  }
}
