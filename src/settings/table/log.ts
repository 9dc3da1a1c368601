// Log settings: where the log is kept and how its topics are made.

import { PARTITIONERS } from "../../log/partitioner.ts";
import { asInteger, asOneOf } from "../parse.ts";
import { asFolder, asName, setting } from "../setting.ts";

export const LOG_SETTINGS = {
  dir: setting("STIPEND_DIR", "folder of the embedded log", ".stipend/log", asFolder),
  stateDir: setting<string | null>(
    "STIPEND_STATE_DIR",
    "folder of the tasks' local stores",
    null,
    asFolder,
    "STIPEND_DIR with -state after it",
  ),
  application: setting("STIPEND_APPLICATION", "name under which the allocator's tasks run", "stipend", asName),
  partitions: setting(
    "STIPEND_PARTITIONS",
    "partitions of the topics keyed by user, when the log is made",
    4,
    asInteger({ min: 1, max: 1024 }),
  ),
  controlPartitions: setting(
    "STIPEND_CONTROL_PARTITIONS",
    "partitions of the topics keyed by campaign, when the log is made",
    1,
    asInteger({ min: 1, max: 64 }),
  ),
  partitioner: setting(
    "STIPEND_PARTITIONER",
    "how every producer places keys: murmur2 (Java's clients), crc32 (librdkafka's default) or fnv1a (Sarama's)",
    "murmur2",
    asOneOf(PARTITIONERS),
  ),
} as const;
