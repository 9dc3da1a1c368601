// Chain: follows one partition's hash chain of decisions or settlements. Each row carries the SHA-256 of the bytes of the row
// before it; shard reports carry the head and the number of rows. A break says that bytes were altered or rows removed;
// the next report's count says which of the two.

import { hash } from "node:crypto";
import type { Findings, Place } from "./findings.ts";

interface Break {
  readonly before: Place | null;
  readonly at: Place;
}

export class Chain {
  readonly #findings: Findings;
  readonly #name: string;
  #head: string | null = null;
  #rows = 0;
  #last: Place | null = null;
  #break: Break | null = null;

  constructor(findings: Findings, name: string) {
    this.#findings = findings;
    this.#name = name;
  }

  get rows(): number {
    return this.#rows;
  }

  /** From a report: rows before are not looked at. */
  begin(rows: number, head: Uint8Array): void {
    this.#rows = rows;
    this.#head = hex(head);
  }

  /** `previousHash` is null when the row could not be decoded. */
  row(place: Place, bytes: Uint8Array, previousHash: Uint8Array | null): void {
    const expected = this.#head ?? "0".repeat(64);
    if (previousHash !== null && hex(previousHash) !== expected) {
      this.#settleBreak(null);
      this.#break = { before: this.#last, at: place };
    }
    this.#head = hash("sha256", bytes, "hex");
    this.#rows += 1;
    this.#last = place;
  }

  /** A report's word on the chain; afterwards it counts, so that one fault is named once. */
  compare(report: Place, rows: number, head: Uint8Array): void {
    const missing = rows - this.#rows;
    if (this.#break !== null) this.#settleBreak(missing);
    else if (missing !== 0)
      this.#findings.violation(
        "chain",
        this.#last ?? report,
        missing > 0
          ? `${missing} ${this.#name} removed after this one: the report at ${where(report)} counts ${rows}`
          : `${-missing} ${this.#name} more than the report at ${where(report)} counts`,
      );
    else if (rows > 0 && hex(head) !== this.#head)
      this.#findings.violation(
        "chain",
        this.#last ?? report,
        `altered: its bytes are not those that the report at ${where(report)} has as the last of ${this.#name}`,
      );
    this.begin(rows, head);
  }

  end(): void {
    this.#settleBreak(null);
  }

  #settleBreak(missing: number | null): void {
    if (this.#break === null) return;
    const { before, at } = this.#break;
    this.#break = null;
    if (missing === 0 && before !== null)
      this.#findings.violation("chain", before, `altered: its bytes are not those that ${where(at)} was chained to`);
    else if (missing !== null && missing > 0)
      this.#findings.violation("chain", at, `${missing} ${this.#name} removed before this one, after ${where(before)}`);
    else
      this.#findings.violation(
        "chain",
        at,
        `what came before this one, after ${where(before)}, was altered or removed`,
      );
  }
}

function where(place: Place | null): string {
  return place === null ? "the beginning" : `${place.topic}/${place.partition} offset ${place.offset}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
