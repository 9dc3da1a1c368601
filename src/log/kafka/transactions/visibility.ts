// Visibility
// A commit resolves when the coordinator has decided it; its markers reach the partitions a little later, and until
// then readers do not see it. Who reads through the same log shall see what it committed: this remembers how far.

export class Visibility {
  readonly #ends = new Map<string, number>();

  /** A commit has written up to `end` (exclusive). */
  committed(topic: string, partition: number, end: number): void {
    const name = `${topic}/${partition}`;
    this.#ends.set(name, Math.max(end, this.#ends.get(name) ?? 0));
  }

  /** How far a reader of this log must be able to see at least. */
  end(topic: string, partition: number): number {
    return this.#ends.get(`${topic}/${partition}`) ?? 0;
  }
}
