// Edge
// A log whose records are changed on their way in and out, over a log of any adapter: for what is the same on all of them and
// that no room should know of.

import type { EventLog, LogRecord, Member, OutRecord, TaskLog } from "./event-log.ts";

export interface Edge {
  inbound(records: readonly LogRecord[]): Promise<readonly LogRecord[]> | readonly LogRecord[];
  outbound(records: readonly OutRecord[]): readonly OutRecord[];
}

export function withEdge<L extends EventLog>(log: L, edge: Edge): L {
  return {
    ...log,
    send: async (records) => await log.send(edge.outbound(records)),
    async *read(topic, partition, from, how) {
      for await (const batch of log.read(topic, partition, from, how)) yield await edge.inbound(batch);
    },
    async *follow(places, signal) {
      for await (const batch of log.follow(places, signal)) yield await edge.inbound(batch);
    },
    join: async (kind, member) => await log.join(kind, memberBehind(member, edge)),
  };
}

function memberBehind(member: Member, edge: Edge): Member {
  return {
    assigned: (partition, claim) => member.assigned(partition, async () => taskBehind(await claim(), edge)),
    revoked: (partition) => member.revoked(partition),
    failed: (error) => member.failed?.(error),
  };
}

function taskBehind(task: TaskLog, edge: Edge): TaskLog {
  return {
    partition: task.partition,
    async *restore(from) {
      for await (const batch of task.restore(from)) yield await edge.inbound(batch);
    },
    seek: (positions) => task.seek(positions),
    poll: async (limits) => await edge.inbound(await task.poll(limits)),
    commit: async (records, positions) => await task.commit(edge.outbound(records), positions),
    release: () => task.release(),
  };
}
