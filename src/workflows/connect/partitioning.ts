// Partitioning
// How a log's keys are placed, and over how many partitions, is written down on the topic `partitioning` when its topics are
// made: the first record there counts, for ever. Whoever opens the log with another partitioner, or finds more partitions than
// there were, is refused by name: most users and campaigns would have to be in other partitions than they are.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import type { Partitioning } from "../../log/partitioner.ts";
import { TOPICS } from "../../log/topics.ts";
import { SETTINGS } from "../../settings/table/settings.ts";

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
  const { partitioning: written, copy } = counts.has(TOPIC) ? await read(log) : NOTHING;
  if (written === null) return [];
  const copied =
    copy === null
      ? []
      : [
          {
            ...{ topic: TOPIC, setting: "a copy that is", needed: "finished", found: "under way" },
            fix: "let it end; or, when it was broken off, copy again under another KAFKA_TOPIC_PREFIX (or into another folder)",
          },
        ];
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
  return [...copied, ...placed, ...grown];
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
  if ((await read(log)).partitioning !== null) return;
  const { partitioner } = log;
  const users = (await log.ranges("sessions")).length;
  const control = (await log.ranges("budget-pacing")).length;
  await log.send([
    { topic: TOPIC, partition: 0, key: null, value: codec.encode({ partitioner, users, control, atMs: nowMs }) },
  ]);
}

const NOTHING: Written = { partitioning: null, copy: null };
const BEGUN = "stipend-copy-begun";
const ENDED = "stipend-copy-ended";

/** From here on, and until `endCopy`, nobody takes the log for whole. */
export async function beginCopy(log: EventLog, id: string): Promise<void> {
  await log.send([{ topic: TOPIC, partition: 0, key: null, value: null, headers: { [BEGUN]: Buffer.from(id) } }]);
}

export async function endCopy(log: EventLog, id: string): Promise<void> {
  await log.send([{ topic: TOPIC, partition: 0, key: null, value: null, headers: { [ENDED]: Buffer.from(id) } }]);
}

interface Written {
  /** Null where nothing is written yet. */
  readonly partitioning: Partitioning | null;
  /** Of a copy into these topics that has not ended. */
  readonly copy: string | null;
}

async function read(log: EventLog): Promise<Written> {
  let partitioning: Partitioning | null = null;
  let copy: string | null = null;
  for await (const batch of log.read(TOPIC, 0, 0))
    for (const { value, headers } of batch) {
      partitioning ??= value === null ? null : decodedOrNull(codec, value);
      const [begun, ended] = [BEGUN, ENDED].map((name) => headers[name] && Buffer.from(headers[name]).toString());
      if (begun !== undefined) copy = begun;
      if (ended !== undefined && ended === copy) copy = null;
    }
  return { partitioning, copy };
}
