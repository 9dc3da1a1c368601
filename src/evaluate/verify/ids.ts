// Ids: what must be one on the whole log (a decision, a session's decision, a reservation, a settlement), and where it was
// met first. All partitions share them, so that what is in two of them is found. Memory is bounded: where a log has more ids
// than that, each reading of it looks after a share of them, and there are as many readings as shares.

import { crc32 } from "node:zlib";
import { IdMap } from "./id-set.ts";

export interface Share {
  readonly number: number;
  readonly of: number;
}

type Kind = "decision" | "session" | "reservation" | "settlement";

export class Ids {
  readonly #share: Share;
  readonly #met = new IdMap();

  constructor(share: Share) {
    this.#share = share;
  }

  /** The partition in which it was met before; null when it is new, or of another share. */
  meet(kind: Kind, id: string, partition: number): number | null {
    return this.#isOurs(id) ? (this.#met.put(`${kind} ${id}`, partition) ?? null) : null;
  }

  /** Null when it is of another share: then nothing is known of it. */
  wasMet(kind: Kind, id: string, partition: number): boolean | null {
    return this.#isOurs(id) ? this.#met.get(`${kind} ${id}`) === partition : null;
  }

  #isOurs(id: string): boolean {
    return this.#share.of === 1 || crc32(id) % this.#share.of === this.#share.number;
  }
}
