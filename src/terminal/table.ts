// Table
// Rows for a person: columns as wide as they need, numbers to the right.

import { itemAt } from "../domain/assert.ts";
import { printableLine } from "./printable.ts";

export type Cell = string | number | bigint | boolean | null;

export function tableText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [head, ...rows.map((row) => row.map((cell) => (cell === null ? "–" : printableLine(String(cell)))))];
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => isAmount(row[column])));
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  return texts
    .map((row) =>
      row
        .map((text, column) =>
          isNumber[column] ? text.padStart(itemAt(widths, column)) : text.padEnd(itemAt(widths, column)),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function isAmount(cell: Cell | undefined): boolean {
  return typeof cell === "number" || typeof cell === "bigint" || cell === null;
}
