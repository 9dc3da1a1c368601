// Log health: how far the tasks of each kind have come, as the log has it.

import type { EventLog, PartitionRange } from "../../log/event-log.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import type { LogHealth } from "../views/pages/health-page.ts";

export async function readLogHealth(log: EventLog, application: string): Promise<readonly LogHealth[]> {
  const found: LogHealth[] = [];
  for (const [kind, of] of [
    ["serve", serveKind(application)],
    ["treasury", treasuryKind(application)],
  ] as const) {
    const committed = new Map((await log.committed(of)).map(({ partition, positions }) => [partition, positions]));
    const ranges = new Map<string, readonly PartitionRange[]>();
    for (const topic of of.inputs) ranges.set(topic, await log.ranges(topic));
    for (const { partition } of ranges.get(of.inputs[0] ?? "") ?? []) {
      const positions = committed.get(partition);
      const lag = of.inputs.map((topic) => {
        const range = ranges.get(topic)?.find((each) => each.partition === partition);
        const done = positions?.[topic];
        if (range === undefined || range.end === range.start) return { topic, records: 0 };
        return { topic, records: positions === undefined ? null : Math.max(0, range.end - (done ?? range.start)) };
      });
      found.push({ kind, partition, lag });
    }
  }
  return found;
}
