// Partitioning
// How a log's keys are placed, and over how many partitions, is written down on the topic `partitioning` when its topics are
// made: the first record there counts, for ever. Whoever opens the log with another partitioner, or finds more partitions than
// there were, is refused by name: most users and campaigns would have to be in other partitions than they are.

import { InvalidInput } from "../../domain/campaign.ts";
import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import type { Partitioning } from "../../log/partitioner.ts";
import { TOPICS } from "../../log/topics.ts";
import { SETTINGS } from "../../settings/config.ts";

const TOPIC = "partitioning";
const codec = codecFor(TOPIC);

/** In what the log differs from what was written down, in the words of `topics check`. */
export interface PartitioningDifference {
  readonly topic: string;
  readonly setting: string;
  readonly needed: string;
  readonly found: string;
  /** What to do about it. */
  readonly fix: string;
}

export async function partitioningDifferences(log: EventLog): Promise<readonly PartitioningDifference[]> {
  const counts = new Map((await log.topics()).map(({ name, partitions }) => [name, partitions]));
  const written = counts.has(TOPIC) ? await writtenPartitioning(log) : null;
  if (written === null) return [];
  const placed =
    written.partitioner === log.partitioner
      ? []
      : [
          {
            ...{ topic: TOPIC, setting: "partitioner", needed: log.partitioner, found: written.partitioner },
            fix: `set ${SETTINGS.partitioner.env}=${written.partitioner}: its topics were made so`,
          },
        ];
  const grown = Object.entries(TOPICS).flatMap(([topic, row]) => {
    const needed = row.partitions === "one" ? 1 : written[row.partitions];
    const found = counts.get(topic) ?? needed;
    if (found === needed) return [];
    return [
      {
        ...{ topic, setting: "partitions", needed: String(needed), found: String(found) },
        fix: "partitions were added after it was made, and most keys belong elsewhere now: begin with other topics (docs/INPUTS.md)",
      },
    ];
  });
  return [...placed, ...grown];
}

/** Throws InvalidInput that names what differs. */
export async function checkPartitioning(log: EventLog, place: string): Promise<void> {
  const [first] = await partitioningDifferences(log);
  if (first === undefined) return;
  const { topic, setting, needed, found, fix } = first;
  throw new InvalidInput(
    setting === "partitions"
      ? `${topic} has ${found} partitions on ${place}, and was made with ${needed}: ${fix}`
      : `${place} has ${setting} ${found}, not ${needed}: ${fix}`,
  );
}

/** Where nothing is written yet. Of two who write at once the first counts, so ask again afterwards. */
export async function writePartitioning(log: EventLog, nowMs: number): Promise<void> {
  if ((await writtenPartitioning(log)) !== null) return;
  const { partitioner } = log;
  const users = (await log.ranges("sessions")).length;
  const control = (await log.ranges("budget-pacing")).length;
  await log.send([
    { topic: TOPIC, partition: 0, key: null, value: codec.encode({ partitioner, users, control, atMs: nowMs }) },
  ]);
}

async function writtenPartitioning(log: EventLog): Promise<Partitioning | null> {
  for await (const batch of log.read(TOPIC, 0, 0))
    for (const { value } of batch) {
      const written = value === null ? null : decodedOrNull(codec, value);
      if (written !== null) return written;
    }
  return null;
}
