// Followed partitions
// Many partitions read as they grow, for whoever follows them outside of tasks. The next fetch is made when what has come was
// taken; when a partition could not be had for as long as the settings' patience, the reading ends with its error.

import type { LogRecord } from "../../event-log.ts";
import type { Cluster } from "../client/cluster.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import type { FetchLimits } from "../protocol/fetch-call.ts";
import { Input, type InputName } from "./input.ts";
import { PartitionFetches } from "./partition-fetches.ts";

const LIMITS: FetchLimits = { waitMs: 500, maxBytes: 8 * 1024 * 1024, maxPartitionBytes: 1024 * 1024 };

export interface FollowedPartition {
  readonly of: InputName;
  readonly partition: number;
  readonly from: number;
}

export async function* followedRecords(
  cluster: Cluster,
  pool: ConnectionPool,
  partitions: readonly FollowedPartition[],
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const inputs = partitions.map(({ of, partition, from }) => new Input(of, partition, from));
  const fetches = new PartitionFetches(cluster, pool, inputs);
  let turn = 0;
  while (!signal.aborted) {
    cluster.checkOpen();
    fetches.throwLost("read");
    const records: LogRecord[] = [];
    for (const input of inputs) input.take(Infinity, records);
    if (records.length > 0) {
      yield records;
      continue;
    }
    // A broker fills its answer in the order of the question: it begins with another partition each time.
    turn = (turn + 1) % Math.max(1, inputs.length);
    fetches.start([...inputs.slice(turn), ...inputs.slice(0, turn)], LIMITS);
    await fetches.changed(Infinity);
  }
}
