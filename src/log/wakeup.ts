// Wakeup
// Lets pollers and followers sleep until something was appended, a time has passed or they are told to stop.

export class Wakeup {
  readonly #sleepers = new Set<() => void>();

  /** Wakes everybody who sleeps now. */
  wake(): void {
    for (const sleeper of this.#sleepers) sleeper();
  }

  /** Resolves at the next `wake`, after `ms`, or when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#sleepers.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = Number.isFinite(ms) ? setTimeout(done, ms) : undefined;
      this.#sleepers.add(done);
      signal?.addEventListener("abort", done);
    });
  }
}
