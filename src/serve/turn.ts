// Turn: the thread computes one cycle at a time. The tasks of a process share it; cycles that came together would otherwise
// go in step, each done as late as the last of them, and then wait together for the log while the thread has nothing to do.
//
//   T1. Who came first has its turn first, and keeps it to the end of its work, however that ends.
//   T2. Between two turns everything else that waits goes on: the records of the cycle before to the log, its answers to others.

import { setImmediate } from "node:timers";

/** When `work`, which computes, is done; what waits for the world in a turn makes the others wait too. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** For whoever runs one cycle at a time anyway. */
export const atOnce: InTurn = (work) => work();

/** One for all tasks of a thread. */
export function oneAtATime(): InTurn {
  /** Over when the last turn that was asked for is. */
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
