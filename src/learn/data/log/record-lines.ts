// Record lines: the line on which each record of a text file begins. Most follow one another, so that only those are kept
// which do not. Pure.

import { itemAt } from "../../../domain/assert.ts";
export class RecordLines {
  readonly #records: number[] = [];
  readonly #lines: number[] = [];

  /** Records come in order, each with its line, from 1. */
  add(record: number, line: number): void {
    if (this.#records.length > 0 && this.at(record) === line) return;
    this.#records.push(record);
    this.#lines.push(line);
  }

  at(record: number): number {
    let low = 0;
    let high = this.#records.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (itemAt(this.#records, middle) <= record) low = middle;
      else high = middle - 1;
    }
    return (this.#lines[low] ?? 1) + record - (this.#records[low] ?? 0);
  }
}
