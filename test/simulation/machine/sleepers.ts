// Sleepers: who waits until a time of the simulated clock.

export class Sleepers {
  #waiting: { readonly untilMs: number; readonly go: () => void }[] = [];

  sleep(untilMs: number): Promise<void> {
    return new Promise((go) => this.#waiting.push({ untilMs, go }));
  }

  wake(nowMs: number): void {
    const woken = this.#waiting.filter((sleeper) => sleeper.untilMs <= nowMs);
    this.#waiting = this.#waiting.filter((sleeper) => sleeper.untilMs > nowMs);
    for (const { go } of woken) go();
  }
}
