// Health page: whether all partitions get their work done, and what could not be used.

import type { LogState } from "../../../log/event-log.ts";
import type { LetterGroup } from "../model/letter-board.ts";
import type { LiveModel } from "../model/live-model.ts";

export interface HealthPage extends Shown {
  /** Where the log is, for people. */
  readonly place: string;
  /** Null before the log was asked. */
  readonly partitions: readonly PartitionHealth[] | null;
  readonly letters: readonly LetterGroup[];
  /** By whose clocks times are told. */
  readonly timeZone: string;
  /** What the console itself has read. */
  readonly reading: { readonly decisionsSinceMs: number | null; readonly unreadable: number };
}

/** What the page shows as it is. */
interface Shown {
  /** Null before the log was asked. */
  readonly state: LogState | null;
  readonly verify: VerifyState;
  /** Dead letters that were sent again from this console, newest first. */
  readonly sentAgain: readonly SentAgain[];
}

/** The proof of the money, as far as this console has made it. */
export interface VerifyState {
  readonly running: { readonly rows: number; readonly of: number } | null;
  /** Null: there was none since this console was opened. */
  readonly last: (VerifySaid & { readonly atMs: number; readonly by: string | null }) | null;
}

interface VerifiedRows {
  readonly decisions: number;
  readonly settlements: number;
}

export type VerifySaid =
  | { readonly kind: "holds"; readonly rows: VerifiedRows }
  | {
      readonly kind: "broken";
      readonly rows: VerifiedRows;
      readonly violations: number;
      readonly places: readonly string[];
    }
  /** The log could not be read to its end. */
  | { readonly kind: "failed"; readonly text: string };

export interface SentAgain {
  readonly atMs: number;
  readonly by: string | null;
  readonly why: string;
  readonly topic: string;
  readonly reason: string;
  readonly sent: number;
}

export interface PartitionHealth {
  readonly kind: "serve" | "treasury";
  readonly partition: number;
  /** Null: nobody has it now. */
  readonly owner: string | null;
  /** Of each input: records that are not done yet; null: nobody has ever done any. */
  readonly lag: readonly { readonly topic: string; readonly records: number | null }[];
  /** Of the latest report of its shard; null: none was heard, or there are none (treasury). */
  readonly heardAtMs: number | null;
}

/** What the log says of a kind's partitions. */
export interface LogHealth {
  readonly kind: PartitionHealth["kind"];
  readonly partition: number;
  readonly owner: string | null;
  readonly lag: PartitionHealth["lag"];
}

export interface HealthFacts extends Shown {
  readonly place: string;
  readonly partitions: readonly LogHealth[] | null;
  readonly decisionsSinceMs: number | null;
  readonly unreadable: number;
}

export function healthPage(
  model: LiveModel,
  { place, partitions, decisionsSinceMs, unreadable, ...shown }: HealthFacts,
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
    ...shown,
    timeZone: model.zoneOf(null),
    reading: { decisionsSinceMs, unreadable },
  };
}
