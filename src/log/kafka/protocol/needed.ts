// The requests, each in its version, without which nothing works. A broker, of whatever make, tells at the start which it
// takes; what came after Kafka 2.4 is asked for where it is there, and done without where it is not (hanging.ts).

import type { Call } from "./calls.ts";

export const NEEDED: readonly Pick<Call<unknown>, "api" | "version" | "name">[] = [
  { api: 0, version: 7, name: "Produce" },
  { api: 1, version: 11, name: "Fetch" },
  { api: 2, version: 2, name: "ListOffsets" },
  { api: 3, version: 7, name: "Metadata" },
  { api: 8, version: 7, name: "OffsetCommit" },
  { api: 9, version: 4, name: "OffsetFetch" },
  { api: 10, version: 1, name: "FindCoordinator" },
  { api: 11, version: 5, name: "JoinGroup" },
  { api: 12, version: 3, name: "Heartbeat" },
  { api: 13, version: 3, name: "LeaveGroup" },
  { api: 14, version: 3, name: "SyncGroup" },
  { api: 22, version: 1, name: "InitProducerId" },
  { api: 24, version: 1, name: "AddPartitionsToTxn" },
  { api: 26, version: 1, name: "EndTxn" },
];
