// Preview text: what a dry run answers, for people: the plan as it is and as it would be, and from where on.

import type { CommandPreview, Outlook } from "../../domain/control.ts";
import { formatMinor } from "../../domain/money.ts";
import { tableText, type Cell } from "../table.ts";

export function previewText({ before, after, revision, beyond }: CommandPreview, currency: string): readonly string[] {
  const column = (outlook: Outlook | null): readonly Cell[] =>
    outlook === null
      ? ROWS.map(() => null)
      : [
          outlook.planRow.toFixed(2),
          outlook.shadowPrice.toPrecision(3),
          outlook.throttle.toFixed(3),
          Math.round(outlook.sessionsToCome),
          outlook.rewardToCome.toPrecision(4),
          formatMinor(outlook.spendToCome, currency),
          formatMinor(outlook.spendAtEnd, currency),
        ];
  const [is, would] = [column(before), column(after)];
  const places = beyond.map(({ shard, offset }) => (offset < 0 ? `${shard}: the first` : `${shard}: after ${offset}`));
  return [
    tableText(
      ["", "is", "would be"],
      ROWS.map((name, index) => [name, is[index] ?? null, would[index] ?? null]),
    ),
    ...(after === null ? ["without a release in force nothing is given, and nothing can be foreseen"] : []),
    `It would be revision ${revision}, with the next record of grants on each partition (${places.join("; ")}).`,
  ];
}

const ROWS = [
  "plan row",
  "shadow price",
  "let through",
  "sessions to come",
  "reward to come",
  "spend to come",
  "spend at the end",
] as const;
