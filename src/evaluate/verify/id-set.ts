// Ids that have been met, each with a small number (its partition), in some 20 bytes: 64 bits of SHA-1 in open addressing.
// Two ids in ten million share 64 bits with a probability of one in 300,000; then a row is called doubled that is not.

import { hash } from "node:crypto";

const FIRST_SLOTS = 1 << 10;
const FULLEST = 0.6;

export class IdMap {
  #low = new Uint32Array(FIRST_SLOTS);
  #high = new Uint32Array(FIRST_SLOTS);
  #numbers = new Uint16Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Undefined when it was never put. */
  get(id: string): number | undefined {
    const [low, high] = digest(id);
    const slot = this.#slot(low, high);
    return this.#low[slot] === 0 ? undefined : this.#numbers[slot];
  }

  /** The number that it had, which it keeps; undefined when it is new and has this one. */
  put(id: string, number: number): number | undefined {
    const [low, high] = digest(id);
    const slot = this.#slot(low, high);
    if (this.#low[slot] !== 0) return this.#numbers[slot];
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#numbers[slot] = number;
    this.#size += 1;
    if (this.#size > FULLEST * this.#low.length) this.#grow();
    return undefined;
  }

  #slot(low: number, high: number): number {
    const mask = this.#low.length - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const found = this.#low[slot];
      if (found === 0 || (found === low && this.#high[slot] === high)) return slot;
    }
  }

  #grow(): void {
    const [lows, highs, numbers] = [this.#low, this.#high, this.#numbers];
    this.#low = new Uint32Array(lows.length * 2);
    this.#high = new Uint32Array(lows.length * 2);
    this.#numbers = new Uint16Array(lows.length * 2);
    lows.forEach((low, at) => {
      if (low === 0) return;
      const high = highs[at]!;
      const slot = this.#slot(low, high);
      this.#low[slot] = low;
      this.#high[slot] = high;
      this.#numbers[slot] = numbers[at]!;
    });
  }
}

export class IdSet {
  readonly #ids = new IdMap();

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.get(id) !== undefined;
  }

  /** False when it was there already. */
  add(id: string): boolean {
    return this.#ids.put(id, 0) === undefined;
  }
}

/** Low is never 0, which marks an empty slot. */
function digest(id: string): [low: number, high: number] {
  const bytes = hash("sha1", id, "buffer");
  return [bytes.readUInt32LE(0) || 1, bytes.readUInt32LE(4)];
}
