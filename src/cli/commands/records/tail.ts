// stipend tail: a topic's records, from where it is told and, with --follow, as they come.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { readInstant } from "../../../domain/reading/instant.ts";
import type { EventLog, LogRecord, PartitionRange } from "../../../log/event-log.ts";
import { TOPICS } from "../../../log/topics.ts";
import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { timeZonesOn } from "../../../workflows/control/campaigns.ts";
import { mergedByTime } from "../../../workflows/topics/merge.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { flag, option, required } from "../../options.ts";
import { asInteger, asText, type Parse } from "../../../settings/parse.ts";
import { erasedOf, recordViewOf, viewText } from "../../../workflows/topics/record-view.ts";

type From = { readonly kind: "beginning" | "end" } | { readonly kind: "offset" | "time"; readonly at: number };

const asFrom: Parse<From> = (typed) => {
  if (typed === "beginning" || typed === "end") return { kind: typed };
  if (/^\d+$/.test(typed)) return { kind: "offset", at: Number(typed) };
  const read = readInstant(typed, null);
  if ("fault" in read) throw new InvalidInput(`expected beginning, end, an offset, or a time: ${read.fault}`);
  return { kind: "time", at: read.ms };
};

export const command = defineCommand({
  summary: "print a topic's records",
  description:
    "Prints each record with its partition, offset, time (by its campaign's clocks), key and value. What is there comes by its time, over all " +
    "partitions; with --follow, what comes later as it comes, until Ctrl-C. What is of a user who was erased since is not shown.",
  examples: [
    "stipend tail decisions --follow",
    "stipend tail settlements --from 2026-05-01T00:00:00Z --json",
    "stipend tail dead-letters --partition 0 --from 120 --limit 10",
  ],
  arguments: { topic: required("topic", "name of the topic", asText) },
  options: {
    from: option(
      "place",
      "beginning, end, an offset, or an ISO 8601 time (default: beginning; end with --follow)",
      asFrom,
    ),
    follow: flag("go on with what comes later"),
    partition: option("number", "this partition only", asInteger({ min: 0 })),
    limit: option("number", "end after so many records", asInteger({ min: 1 })),
  },
  json: "lines",
  endsBySignal: true,
  async run(context, { topic, from, follow, partition, limit }) {
    if (!Object.hasOwn(TOPICS, topic))
      throw new InvalidInput(`there is no topic ${topic}; there are ${Object.keys(TOPICS).join(", ")}`);
    return await withLog(context, async (log) => {
      const place = from ?? { kind: follow ? "end" : "beginning" };
      const there = rangesOf(await log.ranges(topic), topic, partition);
      if (place.kind === "offset") checkOffset(place.at, there, topic);
      const ranges = startingAt(there, place);
      const erased = await erasedOf(log, topic);
      const zoneOf = await timeZonesOn(log, (text) => context.output.note(text));
      let left = limit ?? Infinity;
      for await (const record of recordsOf(log, topic, ranges, { follow, signal: context.signal })) {
        if (place.kind === "time" && record.timestampMs < place.at) continue;
        const view = recordViewOf(record, erased);
        context.output.item(view, () => viewText(view, zoneOf));
        left -= 1;
        if (left === 0) break;
      }
      return DONE;
    });
  },
});

function rangesOf(
  ranges: readonly PartitionRange[],
  topic: string,
  partition: number | undefined,
): readonly PartitionRange[] {
  if (partition === undefined) return ranges;
  const chosen = ranges.filter((range) => range.partition === partition);
  if (chosen.length === 0)
    throw new InvalidInput(`--partition: ${topic} has partitions 0 to ${ranges.length - 1}, not ${partition}`);
  return chosen;
}

/** An offset that no partition has come to is a mistake, most often a time in seconds or milliseconds. */
function checkOffset(at: number, ranges: readonly PartitionRange[], topic: string): void {
  const end = Math.max(0, ...ranges.map((range) => range.end));
  if (at > end)
    throw new InvalidInput(
      `--from: ${topic} has no offset ${at}, the next one is ${end}; a time is written as 2026-05-01T00:00:00Z`,
    );
}

/** A time is found by reading: a partition's times need not rise. */
function startingAt(ranges: readonly PartitionRange[], from: From): readonly PartitionRange[] {
  if (from.kind === "end") return ranges.map((range) => ({ ...range, start: range.end }));
  if (from.kind !== "offset") return ranges;
  return ranges.map((range) => ({ ...range, start: Math.max(range.start, from.at) }));
}

interface How {
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

async function* recordsOf(
  log: EventLog,
  topic: string,
  ranges: readonly PartitionRange[],
  { follow, signal }: How,
): AsyncGenerator<LogRecord> {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const next = new Map(ranges.map(({ partition, start }) => [partition, start]));
  try {
    const there = ranges.map(({ partition, start }) => log.read(topic, partition, start, { signal: until }));
    for await (const record of mergedByTime(there)) {
      next.set(record.partition, record.offset + 1);
      yield record;
      if (signal.aborted) return;
    }
    if (!follow) return;
    const places = [...next].map(([partition, from]) => ({ topic, partition, from }));
    for await (const batch of log.follow(places, until)) yield* batch;
  } finally {
    stop.abort();
  }
}
