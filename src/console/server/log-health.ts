// Log health: how far the tasks of each kind have come, as the log has it.

import type { EventLog, PartitionRange, TaskKind } from "../../log/event-log.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import type { LogHealth } from "../views/pages/health-page.ts";

export async function readLogHealth(log: EventLog, application: string): Promise<readonly LogHealth[]> {
  const found: LogHealth[] = [];
  for (const [kind, of] of [
    ["serve", serveKind(application)],
    ["treasury", treasuryKind(application)],
  ] as const) {
    const committed = new Map((await log.committed(of)).map(({ partition, positions }) => [partition, positions]));
    const owners = await ownersOf(log, of);
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
      const owner = owners === null ? "not known" : (owners.get(partition) ?? null);
      found.push({ kind, partition, owner, lag });
    }
  }
  return found;
}

/** Null: whoever runs this console may not ask, or nobody answers. */
async function ownersOf(log: EventLog, kind: TaskKind): Promise<ReadonlyMap<number, string> | null> {
  const owners = await log.owners(kind).catch(() => null);
  return owners === null ? null : new Map(owners.map(({ partition, owner }) => [partition, owner]));
}
