// Task log
// A claimed partition on the simulated cluster: one epoch, and all it does is refused once another has been claimed.

import { must } from "../../domain/assert.ts";
import { Fenced, UnknownTopic, type LogRecord, type Positions, type TaskKind, type TaskLog } from "../event-log.ts";
import type { Process } from "./core.ts";
import type { Group, SimulatedMember } from "./groups.ts";

const RESTORE_BATCH = 500;

export async function claimSimulatedTask(
  process: Process,
  kind: TaskKind,
  group: Group,
  { partition, assignment }: { readonly partition: number; readonly assignment: number },
  member: SimulatedMember,
): Promise<TaskLog> {
  const task = `${kind.kind}-${partition}`;
  const epoch = await process.step("claim", task, () => {
    if (!member.partitions.has(partition) || member.assignments.get(partition) !== assignment)
      throw new Fenced(`${task} is no longer assigned to ${process.name}`);
    const next = (group.epochs.get(partition) ?? 0) + 1;
    group.epochs.set(partition, next);
    return next;
  });
  return createTaskLog({ process, kind, group, member, partition, task, epoch });
}

interface Claim {
  readonly process: Process;
  readonly kind: TaskKind;
  readonly group: Group;
  readonly member: SimulatedMember;
  readonly partition: number;
  readonly task: string;
  readonly epoch: number;
}

function createTaskLog(claim: Claim): TaskLog {
  const { process, kind, group, member, partition, task } = claim;
  const { store, wakeup } = process.core;
  let positions: Positions = {};
  let released = false;

  const fence = (): void => {
    if (released || member.givenBack.has(partition)) throw new Fenced(`${task} was given back`);
    if (group.epochs.get(partition) !== claim.epoch) throw new Fenced(`${task} has another owner`);
  };
  const step = <T>(name: "restore" | "seek" | "poll" | "commit", effect: () => T): Promise<T> =>
    process.step(name, task, () => {
      fence();
      return effect();
    });
  const gather = (limit: number): LogRecord[] => {
    const batch: LogRecord[] = [];
    const next: Record<string, number> = { ...positions };
    for (const input of kind.inputs) {
      const records = store.slice(input, partition, positions[input] ?? 0, limit - batch.length);
      batch.push(...records);
      const last = records.at(-1);
      if (last) next[input] = last.offset + 1;
    }
    positions = next;
    return batch;
  };

  return {
    partition,
    async *restore(from) {
      const end = await step("restore", () => store.partition(kind.changelog, partition).end);
      let next = from;
      while (next < end) {
        const records = await step("restore", () => store.slice(kind.changelog, partition, next, RESTORE_BATCH));
        const before = records.filter((record) => record.offset < end);
        if (before.length === 0) return;
        next = must(before.at(-1), "record").offset + 1;
        yield before;
      }
    },
    async seek(to) {
      checkInputs(kind, to);
      await step("seek", () => {
        positions = { ...to };
      });
    },
    async poll({ maxRecords, maxWaitMs }) {
      let batch = await step("poll", () => gather(maxRecords));
      const deadline = performance.now() + maxWaitMs;
      while (batch.length === 0 && performance.now() < deadline) {
        await wakeup.sleep(deadline - performance.now());
        process.check();
        fence();
        batch = gather(maxRecords);
      }
      return batch;
    },
    async commit(records, reached) {
      checkInputs(kind, reached);
      return await step("commit", () => {
        store.append(records, process.core.now(), process.core.markers);
        group.positions.set(partition, { ...group.positions.get(partition), ...reached });
        wakeup.wake();
        return { changelogEnd: store.partition(kind.changelog, partition).end };
      });
    },
    async release() {
      released = true;
    },
  };
}

function checkInputs(kind: TaskKind, positions: Positions): void {
  for (const topic of Object.keys(positions))
    if (!kind.inputs.includes(topic)) throw new UnknownTopic(`${topic} is not an input of ${kind.kind}`);
}
