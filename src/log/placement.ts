// Placement
// A record that is not in the partition of its key was put there by a client that places keys in another way, or by hand.
// Its user (or campaign) is looked after in the key's own partition; taken here as well, there would be a second one of the
// same name, with money of its own. So whoever takes records of others asks here first, and says what the producer is to set.

import type { EventLog } from "./event-log.ts";
import { partitionOf, type Partitioner, type Placement } from "./partitioner.ts";

/** How a log places keys on one of its topics. */
export async function placementOf(log: EventLog, topic: string): Promise<Placement> {
  return { partitioner: log.partitioner, partitions: (await log.ranges(topic)).length };
}

/** What makes clients place keys alike; docs/INPUTS.md has it as a table. */
const CLIENT_SETTINGS: Readonly<Record<Partitioner, string>> = {
  murmur2:
    "librdkafka (Python, Go, .NET, PHP, Ruby, kcat) partitioner=murmur2_random; Sarama NewMurmur2Partitioner; franz-go, " +
    "kafka-python and Java their default",
  crc32:
    "librdkafka (Python, Go, .NET, PHP, Ruby, kcat) partitioner=consistent_random, its default; Sarama " +
    "NewConsistentCRCHashPartitioner; franz-go, kafka-python and Java one of your own (docs/INPUTS.md)",
  fnv1a:
    "librdkafka (Python, Go, .NET, PHP, Ruby, kcat) partitioner=fnv1a_random; Sarama NewHashPartitioner, its default; " +
    "franz-go SaramaCompatHasher; kafka-python and Java one of your own (docs/INPUTS.md)",
};

/** Null where the key belongs in this partition; else what is wrong, and what each client must be set to. */
export function misplaced(key: Uint8Array, partition: number, placement: Placement): string | null {
  const own = partitionOf(key, placement);
  if (own === partition) return null;
  const { partitioner, partitions } = placement;
  return (
    `partition: ${partition}, but ${partitioner} over ${partitions} partitions puts the key in ${own}; a ` +
    `client does so with: ${CLIENT_SETTINGS[partitioner]}`
  );
}
