// Turns
// The order in which things happen that happen at once. Every call of a task to its log waits here for its turn, and the
// driver lets some of those that wait go on, in an order drawn from the seed: so a commit can be under way while its
// partition is claimed by another, and the same seed gives the same interleaving.

import { setImmediate } from "node:timers/promises";
import type { Random } from "../../../src/domain/random.ts";
import type { SimulatedStep } from "../../../src/log/simulated/faults.ts";

export interface Waiting {
  readonly process: string;
  /** Kind and partition. */
  readonly task: string;
  /** `answer`: a commit has taken effect, and its answer is on the way. */
  readonly step: Exclude<SimulatedStep, "send"> | "answer";
  /** Round before which it does not go on, whatever happens around it. */
  readonly notBefore: number;
}

interface Waiter {
  readonly at: Waiting;
  readonly go: () => void;
}

export class Turns {
  #waiters: Waiter[] = [];

  wait(at: Waiting): Promise<void> {
    return new Promise((go) => this.#waiters.push({ at, go }));
  }

  get waiting(): readonly Waiting[] {
    return this.#waiters.map((waiter) => waiter.at);
  }

  /** Lets those go that may, in a random order, and waits until all of them wait again or have ended. */
  async release(random: Random, mayGo: (at: Waiting) => boolean): Promise<void> {
    const going: Waiter[] = [];
    const staying: Waiter[] = [];
    for (const waiter of this.#waiters) (mayGo(waiter.at) ? going : staying).push(waiter);
    this.#waiters = staying;
    for (const waiter of shuffled(random, going)) waiter.go();
    await quiet();
  }
}

/** Until nothing can go on by itself: nothing in a day waits for anything but promises. */
export async function quiet(): Promise<void> {
  await setImmediate();
}

export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const list = [...items];
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}
