// A set of ids that only grows, sixteen bytes or so each: 64 bits of SHA-1 in open addressing. Two ids in ten million share
// 64 bits with a probability of one in 300,000; then a row is called doubled that is not.

import { hash } from "node:crypto";

const FIRST_SLOTS = 1 << 10;
const FULLEST = 0.6;

export class IdSet {
  #low = new Uint32Array(FIRST_SLOTS);
  #high = new Uint32Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    const [low, high] = digest(id);
    return this.#low[this.#slot(low, high)] !== 0;
  }

  /** False when it was there already. */
  add(id: string): boolean {
    const [low, high] = digest(id);
    const slot = this.#slot(low, high);
    if (this.#low[slot] !== 0) return false;
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#size += 1;
    if (this.#size > FULLEST * this.#low.length) this.#grow();
    return true;
  }

  #slot(low: number, high: number): number {
    const mask = this.#low.length - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const found = this.#low[slot];
      if (found === 0 || (found === low && this.#high[slot] === high)) return slot;
    }
  }

  #grow(): void {
    const [lows, highs] = [this.#low, this.#high];
    this.#low = new Uint32Array(lows.length * 2);
    this.#high = new Uint32Array(lows.length * 2);
    lows.forEach((low, at) => {
      if (low === 0) return;
      const high = highs[at] ?? 0;
      const slot = this.#slot(low, high);
      this.#low[slot] = low;
      this.#high[slot] = high;
    });
  }
}

/** Low is never 0, which marks an empty slot. */
function digest(id: string): [low: number, high: number] {
  const bytes = hash("sha1", id, "buffer");
  return [bytes.readUInt32LE(0) || 1, bytes.readUInt32LE(4)];
}
