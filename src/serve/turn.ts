// Turn: the thread computes one cycle at a time. The tasks of a process share it; cycles that came together would otherwise
// go in step, each done as late as the last of them, and then wait together for the log while the thread has nothing to do.
//
//   T1. Who came first has its turn first, and keeps it to the end of its work, however that ends.
//   T2. Between two turns everything else that waits goes on: the records of the cycle before to the log, its answers to others.

import { setImmediate } from "node:timers";

/** Over when the last turn that was asked for is. */
let last: Promise<void> = Promise.resolve();

/** `work` computes; waiting for the world in a turn makes the others wait too. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const before = last;
  const mine = Promise.withResolvers<void>();
  last = mine.promise;
  await before;
  try {
    return await work();
  } finally {
    setImmediate(mine.resolve);
  }
}
