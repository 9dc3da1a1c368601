// The treasury processor: the single writer that grants slices of each campaign's budget to its shards.
// Pure: everything is in the state and in the batch. In a cycle releases are taken before commands, so that a release and
// its promotion may arrive together, and commands before reports.

import type { LogRecord } from "../log/event-log.ts";
import { codecFor, Undecodable, type Codec, type TopicValues } from "../log/codec/codec.ts";
import type { Processor } from "../task/processor.ts";
import { Desk, stateCodec, type DeskOptions } from "./desk.ts";

export interface TreasuryOptions {
  /** Partition count of the user-keyed topics: the number of a campaign's shards. */
  readonly shards: number;
}

/** Nothing of the world is needed. */
export type TreasuryFacts = null;

const MOST_DUE = 1_000;

export function createTreasuryProcessor(options: TreasuryOptions): Processor<TreasuryFacts> {
  const deskOptions: DeskOptions = { shards: options.shards, parsed: new Map() };
  return {
    prepare: () => Promise.resolve(null),
    process(view, batch, _facts, context) {
      const desk = new Desk(view, deskOptions, context);
      take(desk, batch, "releases", (release, record) => desk.release(release, record));
      take(desk, batch, "budget-pacing", (command) => desk.command(command));
      take(desk, batch, "shard-reports", (report, record) => desk.report(report, record));
      for (const key of view.due(context.nowMs, MOST_DUE)) desk.look(key);
      return desk.close();
    },
    index(key, value) {
      if (!key.startsWith("c/")) return null;
      const { entry } = stateCodec.decode(value);
      return entry.kind === "campaign_book" ? entry.dueMs : null;
    },
  };
}

function take<N extends keyof TopicValues>(
  desk: Desk,
  batch: readonly LogRecord[],
  topic: N,
  each: (value: TopicValues[N], record: LogRecord) => void,
): void {
  const codec: Codec<TopicValues[N]> = codecFor(topic);
  for (const record of batch) {
    // A tombstone on a compacted topic: a release that retention of ours does not need any more.
    if (record.topic !== topic || record.value === null) continue;
    let value: TopicValues[N];
    try {
      value = codec.decode(record.value);
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      desk.deadLetter(record, "undecodable", error.message);
      continue;
    }
    each(value, record);
  }
}
