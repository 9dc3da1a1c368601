// Known
// The sessions that were asked about or decided lately, by the id of their decision: bounded in time and in number. What is
// no longer known is read back from its partition (recorded.ts).

import type { DeadLetterReason } from "../domain/session/dead-letter.ts";
import type { Decided } from "./contract.ts";

/** What a session says, to tell it from another of the same id: a hash of all but its time, and its time. */
export interface Content {
  readonly digest: string;
  readonly atMs: number;
}

/** What has become of a session. */
export type End =
  | { readonly kind: "decided"; readonly answer: Decided; readonly sessionAtMs: number }
  | { readonly kind: "refused"; readonly reason: DeadLetterReason; readonly detail: string }
  /** The log has it as another session of an id that was decided before. */
  | { readonly kind: "conflicting" }
  /** The log did not take it, or could not be asked for it: it may or may not be there. */
  | { readonly kind: "unwritten"; readonly error: unknown };

/** Done once for all who ask; what has failed is done again. */
export class Once<T> {
  #done: Promise<T> | null = null;

  async do(work: () => Promise<T>): Promise<T> {
    this.#done ??= work().catch((error: unknown) => {
      this.#done = null;
      throw error;
    });
    return await this.#done;
  }
}

export class Known {
  readonly userId: string;
  readonly sinceMs: number;
  /** Of the session as this gateway wrote it, or as the log has the one that was decided; null: not known here. */
  content: Content | null = null;
  /** The log has taken what this gateway wrote. */
  isTaken = false;
  /** The one reading of the log for its decision, and the one for what was decided. */
  readonly lookedFor = new Once<void>();
  readonly contentRead = new Once<Content>();
  #end: End | null = null;
  readonly #ended = Promise.withResolvers<void>();

  constructor(userId: string, sinceMs: number) {
    this.userId = userId;
    this.sinceMs = sinceMs;
  }

  get end(): End | null {
    return this.#end;
  }

  /** Resolves when it has an end. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** A decision is for good; anything else gives way to what comes later. */
  endAs(end: End): void {
    if (this.#end?.kind !== "decided") this.#end = end;
    this.#ended.resolve();
  }
}

export class KnownSessions {
  readonly #byDecision = new Map<string, Known>();
  readonly #forMs: number;
  readonly #most: number;

  constructor(forMs: number, most: number) {
    this.#forMs = forMs;
    this.#most = most;
  }

  get(decisionId: string): Known | undefined {
    return this.#byDecision.get(decisionId);
  }

  /** In the place of what was known of it. */
  add(decisionId: string, userId: string, nowMs: number): Known {
    this.#byDecision.delete(decisionId);
    // They are in the order in which they came.
    for (const [id, { sinceMs }] of this.#byDecision) {
      if (sinceMs > nowMs - this.#forMs && this.#byDecision.size < this.#most) break;
      this.#byDecision.delete(id);
    }
    const known = new Known(userId, nowMs);
    this.#byDecision.set(decisionId, known);
    return known;
  }
}
