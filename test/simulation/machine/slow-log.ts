// Slow log: a process's connection to the simulated cluster on which every call of a task takes as long as the driver
// says (turns.ts), and every batch of a changelog that is copied (src/task/restore/standby.ts). What the process has called for when it crashes is answered by its crash.

import type { EventLog, TaskLog } from "../../../src/log/event-log.ts";
import type { SimulatedLog } from "../../../src/log/simulated/cluster.ts";
import { Crashed } from "../../../src/log/simulated/faults.ts";
import type { Waiting } from "./turns.ts";

export interface Slowness {
  readonly wait: (task: string, step: Waiting["step"]) => Promise<void>;
  /** Whether the answer to a commit takes its time too. */
  readonly answersLate: () => boolean;
  /** What a claim gives to the task; for laws that are switched off (laws-off/). */
  readonly wrapClaim?: WrapClaim;
}

export type WrapClaim = (at: ClaimPlace, claim: () => Promise<TaskLog>) => () => Promise<TaskLog>;

export interface ClaimPlace {
  readonly log: EventLog;
  readonly kind: Parameters<EventLog["join"]>[0];
  readonly partition: number;
}

export function slowLog(log: SimulatedLog, slowness: Slowness): EventLog {
  const pass = async (task: string, step: Waiting["step"]): Promise<void> => {
    await slowness.wait(task, step);
    if (log.crashed) throw new Crashed(`${log.process} has crashed`);
  };
  return {
    partitioner: log.partitioner,
    ensureTopics: (specs) => log.ensureTopics(specs),
    topics: () => log.topics(),
    ranges: (topic) => log.ranges(topic),
    send: (records) => log.send(records),
    async *read(topic, partition, from, options) {
      const copies = topic === "state" || topic === "treasury-state";
      for await (const batch of log.read(topic, partition, from, options)) {
        if (copies) await pass(`copy of ${topic} ${partition}`, "restore");
        yield batch;
      }
    },
    follow: (places, signal) => log.follow(places, signal),
    committed: (kind) => log.committed(kind),
    owners: (kind) => log.owners(kind),
    state: () => log.state(),
    close: () => log.close(),
    join: (kind, member) =>
      log.join(kind, {
        assigned(partition, claim) {
          const task = `${kind.kind}-${partition}`;
          const slowClaim = async (): Promise<TaskLog> => {
            await pass(task, "claim");
            return slowTask(await claim(), (step) => pass(task, step), slowness.answersLate);
          };
          const wrapped = slowness.wrapClaim?.({ log, kind, partition }, slowClaim) ?? slowClaim;
          member.assigned(partition, wrapped);
        },
        revoked: (partition) => member.revoked(partition),
      }),
  };
}

function slowTask(task: TaskLog, pass: (step: Waiting["step"]) => Promise<void>, answersLate: () => boolean): TaskLog {
  return {
    partition: task.partition,
    async *restore(from) {
      await pass("restore");
      for await (const batch of task.restore(from)) {
        yield batch;
        await pass("restore");
      }
    },
    async seek(positions) {
      await pass("seek");
      await task.seek(positions);
    },
    async poll(limits) {
      await pass("poll");
      return await task.poll(limits);
    },
    async commit(records, positions) {
      await pass("commit");
      const committed = await task.commit(records, positions);
      if (answersLate()) await pass("answer");
      return committed;
    },
    release: () => task.release(),
  };
}
