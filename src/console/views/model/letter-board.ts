// Letter board: dead letters by what they are about, of the last day, with the latest of them.

import type { DeadLetter, DeadLetterReason } from "../../../domain/session/dead-letter.ts";

export interface LetterGroup {
  readonly topic: string;
  readonly reason: DeadLetterReason;
  readonly count: number;
  readonly lastAtMs: number;
  /** Of the latest. */
  readonly detail: string;
}

/** Whoever may write to the topic may name any. */
const MOST_GROUPS = 200;

export class LetterBoard {
  readonly #groups = new Map<string, LetterGroup>();

  take({ topic, reason, atMs, detail }: DeadLetter): void {
    const name = `${reason} ${topic}`;
    const there = this.#groups.get(name);
    if (there === undefined && this.#groups.size >= MOST_GROUPS) return;
    this.#groups.set(name, { topic, reason, count: (there?.count ?? 0) + 1, lastAtMs: atMs, detail });
  }

  /** Latest first. */
  groups(): readonly LetterGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => b.lastAtMs - a.lastAtMs);
  }
}
