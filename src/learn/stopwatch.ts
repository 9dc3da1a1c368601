// Stopwatch
// How long each step of a training took, and the word that the next one begins. Time is handed in.

import { STEPS, type Step } from "./release/evidence.ts";
import type { Progress } from "./nouns.ts";

/** The first step has begun; a step may hand over to the next one in the middle. */
export class Stopwatch {
  readonly #elapsedMs: () => number;
  readonly #progress: Progress;
  readonly #seconds: Record<Step, number>;
  #step: Step = "dataset";
  #sinceMs: number;

  constructor(elapsedMs: () => number, progress: Progress) {
    this.#elapsedMs = elapsedMs;
    this.#progress = progress;
    this.#sinceMs = elapsedMs();
    this.#seconds = Object.fromEntries(STEPS.map((step) => [step, 0])) as Record<Step, number>;
  }

  async time<T>(step: Step, run: () => Promise<T>): Promise<T> {
    this.turnTo(step);
    return await run();
  }

  turnTo(step: Step): void {
    if (step !== this.#step) this.#progress(step, 0);
    this.#add();
    this.#step = step;
  }

  seconds(): Readonly<Record<Step, number>> {
    this.#add();
    return { ...this.#seconds };
  }

  #add(): void {
    const nowMs = this.#elapsedMs();
    this.#seconds[this.#step] += (nowMs - this.#sinceMs) / 1000;
    this.#sinceMs = nowMs;
  }
}
