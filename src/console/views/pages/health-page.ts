// Health page: whether all partitions get their work done, and what could not be used.

import type { LetterGroup } from "../model/letter-board.ts";
import type { LiveModel } from "../model/live-model.ts";

export interface HealthPage {
  /** Where the log is, for people. */
  readonly place: string;
  /** Null before the log was asked. */
  readonly partitions: readonly PartitionHealth[] | null;
  readonly letters: readonly LetterGroup[];
  /** What the console itself has read. */
  readonly reading: { readonly decisionsSinceMs: number | null; readonly unreadable: number };
}

export interface PartitionHealth {
  readonly kind: "serve" | "treasury";
  readonly partition: number;
  /** Of each input: records that are not done yet; null: nobody has ever done any. */
  readonly lag: readonly { readonly topic: string; readonly records: number | null }[];
  /** Of the latest report of its shard; null: none was heard, or there are none (treasury). */
  readonly heardAtMs: number | null;
}

/** What the log says of a kind's partitions. */
export interface LogHealth {
  readonly kind: PartitionHealth["kind"];
  readonly partition: number;
  readonly lag: PartitionHealth["lag"];
}

export interface HealthFacts {
  readonly place: string;
  readonly partitions: readonly LogHealth[] | null;
  readonly decisionsSinceMs: number | null;
  readonly unreadable: number;
}

export function healthPage(
  model: LiveModel,
  { place, partitions, decisionsSinceMs, unreadable }: HealthFacts,
): HealthPage {
  const heard = model.shards.heard();
  return {
    place,
    partitions:
      partitions?.map((each) => ({
        ...each,
        heardAtMs: each.kind === "serve" ? (heard.get(each.partition) ?? null) : null,
      })) ?? null,
    letters: model.letters.groups(),
    reading: { decisionsSinceMs, unreadable },
  };
}
