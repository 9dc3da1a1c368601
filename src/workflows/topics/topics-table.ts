// Topics table: the topics as a log has or needs them, for people.

import type { TopicSpec } from "../../log/event-log.ts";
import { tableText } from "../../terminal/table.ts";

const DAY_MS = 86_400_000;
const MiB = 1024 * 1024;

export function topicsTable(specs: readonly TopicSpec[]): string {
  return tableText(
    ["topic", "partitions", "cleanup", "kept", "largest record"],
    specs.map(({ name, partitions, cleanup, retentionMs, maxRecordBytes }) => [
      name,
      partitions,
      cleanup,
      cleanup === "compact" ? "last of each key" : retentionMs === null ? "for ever" : `${retentionMs / DAY_MS} days`,
      `${maxRecordBytes / MiB} MiB`,
    ]),
  );
}
