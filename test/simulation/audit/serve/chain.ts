// Chain: one partition's hash chain of decisions or of settlements.

import { createHash } from "node:crypto";
import type { LogRecord } from "../../../../src/log/event-log.ts";
import type { Findings } from "../findings.ts";

export class Chain {
  readonly #findings: Findings;
  head: string = "0".repeat(64);
  rows = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: LogRecord, previousHash: Uint8Array): void {
    const told = Buffer.from(previousHash).toString("hex");
    this.#findings.demand(
      told === this.head,
      "chain",
      `${record.topic}/${record.partition} offset ${record.offset}`,
      () => `says ${told.slice(0, 8)} came before it, it was ${this.head.slice(0, 8)}`,
    );
    this.head = createHash("sha256")
      .update(record.value ?? new Uint8Array())
      .digest("hex");
    this.rows += 1;
  }

  isAt(rows: number, head: Uint8Array): boolean {
    return rows === this.rows && Buffer.from(head).toString("hex") === this.head;
  }
}
