// Mutex
// The tasks of a process share it, so that the thread computes one cycle at a time. Cycles that came together would otherwise
// go in step, each done as late as the last of them, and then wait together for the log while the thread idles.
//
// Invariants:
//   M1. First come, first served; whoever has it keeps it to the end of its work, however that ends.
//   M2. Between two holders everything else that waits goes on: the records of the cycle before to the log, its answers to
//       others.

import { setImmediate } from "node:timers";

/** Runs `work`, which computes, while nobody else's runs; what waits for the world meanwhile makes the others wait too. */
export type RunExclusive = <T>(work: () => Promise<T>) => Promise<T>;

/** For whoever runs one cycle at a time anyway. */
export const unshared: RunExclusive = (work) => work();

/** One for all tasks of a thread. */
export function fifoMutex(): RunExclusive {
  /** Released when the last one that was asked for is. */
  let last: Promise<void> = Promise.resolve();
  return async (work) => {
    const before = last;
    const mine = Promise.withResolvers<void>();
    last = mine.promise;
    await before;
    try {
      return await work();
    } finally {
      setImmediate(mine.resolve);
    }
  };
}
