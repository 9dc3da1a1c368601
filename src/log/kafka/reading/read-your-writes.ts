// Read your writes
// A commit resolves when the coordinator has decided it; its markers reach the partitions a little later, and until then
// readers do not see it. Whoever reads through the same log sees what it committed: this keeps how far, for each partition.

export class ReadYourWrites {
  readonly #watermarks = new Map<string, number>();

  /** A commit has written up to `end` (exclusive). */
  committed(topic: string, partition: number, end: number): void {
    const name = `${topic}/${partition}`;
    this.#watermarks.set(name, Math.max(end, this.#watermarks.get(name) ?? 0));
  }

  /** How far a reader of this log must be able to see at least. */
  watermark(topic: string, partition: number): number {
    return this.#watermarks.get(`${topic}/${partition}`) ?? 0;
  }
}
