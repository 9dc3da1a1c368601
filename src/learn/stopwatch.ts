// Stopwatch
// How long each step of a training took, and the word that the next one begins. Time is handed in.

import { STEPS, type TrainingStep } from "./release/evidence.ts";
import type { ProgressListener } from "./nouns.ts";

/** The first step has begun; a step may hand over to the next one in the middle. */
export class Stopwatch {
  readonly #elapsedMs: () => number;
  readonly #progress: ProgressListener;
  readonly #seconds: Record<TrainingStep, number>;
  #step: TrainingStep = "dataset";
  #sinceMs: number;

  constructor(elapsedMs: () => number, progress: ProgressListener) {
    this.#elapsedMs = elapsedMs;
    this.#progress = progress;
    this.#sinceMs = elapsedMs();
    this.#seconds = Object.fromEntries(STEPS.map((step) => [step, 0])) as Record<TrainingStep, number>;
  }

  async time<T>(step: TrainingStep, run: () => Promise<T>): Promise<T> {
    this.turnTo(step);
    return await run();
  }

  turnTo(step: TrainingStep): void {
    if (step !== this.#step) this.#progress(step, 0);
    this.#add();
    this.#step = step;
  }

  seconds(): Readonly<Record<TrainingStep, number>> {
    this.#add();
    return { ...this.#seconds };
  }

  #add(): void {
    const nowMs = this.#elapsedMs();
    this.#seconds[this.#step] += (nowMs - this.#sinceMs) / 1000;
    this.#sinceMs = nowMs;
  }
}
