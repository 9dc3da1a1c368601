// Watcher
// Wakes pollers and followers: at once for what this process commits, and by asking SQLite
// for what others do. It looks often after news and rarely in a lull, and not at all while nobody sleeps.

import { Wakeup } from "../wakeup.ts";
import type { SqliteEnvironment } from "./sqlite/environment.ts";

const LOOK_MS_MIN = 2;
const LOOK_MS_MAX = 25;

export class Watcher {
  readonly #environment: SqliteEnvironment;
  readonly #wakeup = new Wakeup();
  #sleepers = 0;
  #timer: NodeJS.Timeout | undefined;
  #seen = -1;
  #waitMs = LOOK_MS_MIN;

  constructor(environment: SqliteEnvironment) {
    this.#environment = environment;
  }

  /** Something was committed by this process. */
  wake(): void {
    this.#waitMs = LOOK_MS_MIN;
    this.#wakeup.wake();
  }

  /** Until something was committed since `seen` (a count of commits), `ms` have passed, or `signal` aborts. */
  async sleep(seen: number, ms: number, signal?: AbortSignal): Promise<void> {
    this.#seen = this.#sleepers === 0 ? seen : Math.min(this.#seen, seen);
    this.#sleepers += 1;
    if (this.#timer === undefined) this.#look();
    await this.#wakeup.sleep(ms, signal);
    this.#sleepers -= 1;
    if (this.#sleepers === 0) this.#stop();
  }

  #look(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const commits = this.#environment.commits();
      this.#waitMs = commits === this.#seen ? Math.min(this.#waitMs * 1.5, LOOK_MS_MAX) : LOOK_MS_MIN;
      if (commits !== this.#seen) this.#wakeup.wake();
      this.#seen = commits;
      if (this.#sleepers > 0) this.#look();
    }, this.#waitMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
