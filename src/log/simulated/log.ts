// Log
// One process's connection to the simulated cluster.

import {
  LogUnavailable,
  OutcomeUnknown,
  TopicMismatch,
  UnknownTopic,
  type EventLog,
  type LogRecord,
  type Member,
  type ReadPlace,
  type TaskKind,
} from "../event-log.ts";
import type { ClusterCore, Process, SimulatedLog } from "./core.ts";
import { Crashed, type SimulatedStep } from "./faults.ts";
import type { Group, SimulatedMember } from "./groups.ts";
import { claimSimulatedTask } from "./task-log.ts";

const READ_BATCH = 500;

/** Only a commit's outcome matters; the other steps can be done again. */
function unknown(step: SimulatedStep): Error {
  return step === "commit" ? new OutcomeUnknown("commit: no answer") : new LogUnavailable(`${step}: no answer`);
}

export function createLog(core: ClusterCore, name: string): SimulatedLog {
  const joined = new Map<SimulatedMember, Group>();
  let state: "open" | "crashed" | "closed" = "open";

  const crash = (): void => {
    state = "crashed";
    for (const [member, group] of joined) core.groups.lose(group, member);
    core.wakeup.wake();
  };
  const process: Process = {
    name,
    core,
    check() {
      if (state === "crashed") throw new Crashed(`${name} has crashed`);
      if (state === "closed") throw new LogUnavailable("the log is closed");
    },
    async step(step, task, effect) {
      await Promise.resolve();
      process.check();
      const fault = core.fault({ step, process: name, task });
      if (fault === "crash_before") crash();
      process.check();
      if (fault === "unavailable") throw new LogUnavailable(`${step}: the log is away`);
      if (fault === "unknown_before") throw unknown(step);
      const result = effect();
      if (fault === "crash_after") crash();
      await Promise.resolve();
      process.check();
      if (fault === "unknown_after") throw unknown(step);
      return result;
    },
  };

  return {
    process: name,
    partitioner: core.store.partitioner,
    get crashed() {
      return state === "crashed";
    },
    crash,
    expire() {
      for (const [member, group] of joined) core.groups.lose(group, member);
    },
    ...dataMethods(process),
    async join(kind, member) {
      process.check();
      const group = core.groups.group(kind, partitionsOf(core, kind));
      const joining = groupMember(process, kind, group, member);
      joined.set(joining, group);
      await core.groups.join(group, joining).catch((error: unknown) => {
        joined.delete(joining);
        throw error;
      });
      return {
        get partitions() {
          return [...joining.partitions].toSorted((a, b) => a - b);
        },
        async leave() {
          if (!joined.delete(joining)) return;
          await core.groups.leave(group, joining);
        },
      };
    },
    async close() {
      if (state !== "open") return;
      for (const [member, group] of joined) await core.groups.leave(group, member);
      joined.clear();
      state = "closed";
      core.wakeup.wake();
    },
  };
}

function groupMember(process: Process, kind: TaskKind, group: Group, member: Member): SimulatedMember {
  const joining: SimulatedMember = {
    process: process.name,
    member,
    partitions: new Set(),
    givenBack: new Set(),
    alive: true,
    assignments: new Map(),
    claim: (partition, assignment) => () =>
      claimSimulatedTask(process, kind, group, { partition, assignment }, joining),
  };
  return joining;
}

function dataMethods(
  process: Process,
): Pick<
  EventLog,
  "ensureTopics" | "topics" | "ranges" | "send" | "read" | "follow" | "committed" | "owners" | "state"
> {
  const { core } = process;
  return {
    async ensureTopics(specs) {
      process.check();
      core.store.ensure(specs);
    },
    async topics() {
      process.check();
      return core.store.specs();
    },
    async ranges(topic) {
      process.check();
      return core.store.ranges(topic);
    },
    async send(records) {
      await process.step("send", null, () => core.store.append(records, core.now(), false));
      core.wakeup.wake();
    },
    read(topic, partition, from, options) {
      return readFrom(process, topic, partition, from, options ?? {});
    },
    follow(places, signal) {
      return follow(process, places, signal);
    },
    async committed(kind) {
      process.check();
      const { positions } = core.groups.group(kind, partitionsOf(core, kind));
      return [...positions].map(([partition, reached]) => ({ partition, positions: reached }));
    },
    async owners(kind) {
      process.check();
      return core.groups
        .group(kind, partitionsOf(core, kind))
        .members.flatMap((member) => [...member.partitions].map((partition) => ({ partition, owner: member.process })));
    },
    state: async () => ({ kind: "memory" }),
  };
}

async function* readFrom(
  process: Process,
  topic: string,
  partition: number,
  from: number,
  options: NonNullable<Parameters<EventLog["read"]>[3]>,
): ReturnType<EventLog["read"]> extends AsyncIterable<infer T> ? AsyncGenerator<T> : never {
  const { store, wakeup } = process.core;
  process.check();
  const end = store.partition(topic, partition).end;
  const limit = options.maxRecords ?? READ_BATCH;
  let next = from;
  while (options.signal?.aborted !== true) {
    process.check();
    const records = store
      .slice(topic, partition, next, limit)
      .filter((record) => options.follow === true || record.offset < end);
    const last = records.at(-1);
    if (last) {
      next = last.offset + 1;
      yield records;
    } else if (options.follow === true) await wakeup.sleep(Infinity, options.signal);
    else return;
  }
}

async function* follow(
  process: Process,
  places: readonly ReadPlace[],
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const { store, wakeup } = process.core;
  const next = places.map(({ from }) => from);
  while (!signal.aborted) {
    process.check();
    const records = places.flatMap(({ topic, partition }, at) => {
      const found = store.slice(topic, partition, next[at]!, READ_BATCH);
      next[at] = (found.at(-1)?.offset ?? next[at]! - 1) + 1;
      return found;
    });
    if (records.length > 0) yield records;
    else await wakeup.sleep(Infinity, signal);
  }
}

/** The partition count that all topics of a kind share. */
function partitionsOf(core: ClusterCore, kind: TaskKind): number {
  const counts = [kind.changelog, ...kind.inputs].map((topic) => core.store.topic(topic).spec.partitions);
  const [count] = counts;
  if (count === undefined) throw new UnknownTopic(`${kind.kind} has no topics`);
  if (counts.some((other) => other !== count))
    throw new TopicMismatch(
      `${kind.kind}: its topics differ in partitions: ${[kind.changelog, ...kind.inputs].map((t, i) => `${t} ${counts[i]}`).join(", ")}`,
    );
  return count;
}
