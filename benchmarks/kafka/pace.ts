// How fast a process of the Kafka benchmark goes once it is warm: from the end of the first commit that reaches the warm-up
// to the end of the last, by the clock and in processor time of all the process's threads. So starting, and what a
// just-in-time compiler has not compiled yet, are not counted.

export interface Paced {
  readonly inputs: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

interface Mark {
  readonly total: number;
  readonly ms: number;
  readonly cpu: NodeJS.CpuUsage;
}

export class Pace {
  total = 0;
  readonly #warmUp: number;
  #warm: Mark | null = null;
  #last: Mark | null = null;

  /** The commit with which so many inputs have been had is the first that counts, and itself not counted. */
  constructor(warmUp: number) {
    this.#warmUp = warmUp;
  }

  /** A commit with so many inputs has just ended. */
  done(inputs: number): void {
    this.total += inputs;
    if (this.total < this.#warmUp) return;
    this.#last = { total: this.total, ms: performance.now(), cpu: process.cpuUsage() };
    this.#warm ??= this.#last;
  }

  figures(): Paced {
    const [from, to] = [this.#warm, this.#last];
    if (from === null || to === null) throw new Error(`${this.total} inputs are fewer than the warm-up's`);
    const cpuUs = to.cpu.user + to.cpu.system - from.cpu.user - from.cpu.system;
    return { inputs: to.total - from.total, seconds: (to.ms - from.ms) / 1_000, cpuSeconds: cpuUs / 1e6 };
  }
}
