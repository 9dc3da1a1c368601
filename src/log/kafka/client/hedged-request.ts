// Hedged
// Asks one after the other, without waiting long for any: one that is frozen takes connections and never answers.

import { Disconnected } from "./errors.ts";

/** The first answer. The next is asked when the last has failed, or has said nothing for so long. */
export async function hedgedRequest<T>(asks: readonly (() => Promise<T>)[], nextAfterMs: number): Promise<T> {
  const found = Promise.withResolvers<T>();
  let [asked, failed] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  const ask = (): void => {
    clearTimeout(timer);
    const next = asks[asked];
    if (next === undefined) return;
    asked += 1;
    timer = setTimeout(ask, nextAfterMs);
    next().then(found.resolve, (error: unknown) => {
      failed += 1;
      if (!(error instanceof Disconnected) || failed === asks.length) found.reject(error);
      else ask();
    });
  };
  if (asks.length === 0) throw new Disconnected("no broker is known");
  ask();
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    asked = asks.length;
  }
}
