// How fast a process of the Kafka benchmark goes: from the end of its first commit to the end of its last, and what was
// done in between. So starting, and the first batch, which may be of any size, are not counted.

export class Pace {
  total = 0;
  #first = 0;
  #firstMs = Number.NaN;
  #lastMs = Number.NaN;

  /** A commit with so many inputs has just ended. */
  done(inputs: number): void {
    this.#lastMs = performance.now();
    if (this.total === 0) {
      this.#first = inputs;
      this.#firstMs = this.#lastMs;
    }
    this.total += inputs;
  }

  figures(): { readonly inputs: number; readonly seconds: number } {
    return { inputs: this.total - this.#first, seconds: (this.#lastMs - this.#firstMs) / 1_000 };
  }
}
